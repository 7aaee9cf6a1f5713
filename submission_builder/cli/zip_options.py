"""Command class and options of the commands that score zips."""

from __future__ import annotations

from pathlib import Path

import click

from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES


class ZipsCommand(click.Command):
    """A command whose options ``--data`` and ``--reference`` take several values."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Accept several releases after one option; a zip after them is an argument of the command."""
        from submission_builder.cli.config_options import spread

        return super().parse_args(ctx, spread(args, ("--data", "--reference"), _is_zip))


def _is_zip(word: str) -> bool:
    """Whether a word names a zip rather than a release, which is a folder."""
    return word.lower().endswith(".zip") or Path(word).is_file()


zips_argument = click.argument(
    "zips", metavar="ZIP…", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)

profile_option = click.option(
    "--profile",
    type=click.Choice(sorted(PROFILES)),
    default=DEFAULT_PROFILE,
    show_default=True,
    help="Scoring rules: final, or v3 for those before 2025-09-02.",
)

fresh_option = click.option("--fresh", is_flag=True, help="Do not reuse cached predictions of an earlier run.")
