"""``subpack fetch``."""

from __future__ import annotations

from pathlib import Path

import click

RESUME = "the same command resumes the download"
"""What a user who ends a download has to know."""


def _listed(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Split values at commas."""
    del context, option
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


@click.command(short_help="Download releases of the challenge.")
@click.argument("releases", metavar="RELEASE…", nargs=-1, required=True)
@click.option("--mini", is_flag=True, help="Download the small version of each release, of 20 subjects.")
@click.option(
    "--tasks",
    metavar="TASK,…",
    multiple=True,
    callback=_listed,
    help="Only the recordings of these tasks. Both challenges are scored on contrastChangeDetection.  [default: all]",
)
@click.option(
    "--subjects",
    metavar="SUBJECT,…",
    multiple=True,
    callback=_listed,
    help="Only the recordings of these subjects.  [default: all]",
)
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder in which the folders of the releases are created.  [default: this folder]",
)
@click.option("--dry-run", is_flag=True, help="Only print the sizes.")
@click.option("--verify", is_flag=True, help="Also read the files that are complete, and compare their MD5.")
@click.option(
    "--endpoint",
    metavar="URL",
    envvar="SUBPACK_ENDPOINT",
    show_envvar=True,
    help="Another S3 server with the same bucket, such as a mirror.  [default: that of the organisers' bucket]",
)
@click.option(
    "--at-once",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="Number of files that are downloaded at a time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def fetch(
    releases: tuple[str, ...],
    mini: bool,
    tasks: tuple[str, ...],
    subjects: tuple[str, ...],
    to: Path,
    dry_run: bool,
    verify: bool,
    endpoint: str | None,
    at_once: int,
    as_json: bool,
) -> None:
    """Download releases such as R5, or continue an earlier download.

    The folder of R5 is R5_L100_bdf, with --mini R5_mini_L100_bdf. A file that is not complete is a .part; the same
    command resumes it, also after Ctrl-C or a crash. Complete files are not downloaded again. The size of every file is
    verified, and its MD5 where the server gives one.
    """
    from submission_builder import fetch as verb
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.console import open_console
    from submission_builder.report.fetched import show_fetched
    from submission_builder.report.json_file import json_text

    try:
        with progress_bars(in_bytes=("download",)) as progress:
            fetched = verb(
                releases,
                mini=mini,
                tasks=tasks,
                subjects=subjects,
                to=to,
                dry_run=dry_run,
                verify=verify,
                endpoint=endpoint,
                at_once=at_once,
                progress=progress,
            )
    except KeyboardInterrupt:
        click.echo(RESUME, err=True)
        raise
    if as_json:
        click.echo(json_text(fetched.to_dict()))
    else:
        show_fetched(fetched, open_console())
