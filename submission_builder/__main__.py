"""``python -m submission_builder``: the command line without the script ``subpack`` on the PATH."""

from submission_builder.cli import main

if __name__ == "__main__":
    main(prog_name="subpack")
