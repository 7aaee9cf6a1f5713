"""``subpack data``."""

from __future__ import annotations

from pathlib import Path

import click


class ListByDefault(click.Group):
    """A group whose first argument may be a folder instead of a subcommand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert ``list``, unless a subcommand or the help is requested."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=ListByDefault, short_help="List releases on disk, or verify one.")
def data() -> None:
    """List the releases on disk, or verify one.

    subpack data [DIR…] is short for subpack data list [DIR…].
    """


@data.command("list")
@click.argument("folders", metavar="[DIR…]", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def list_(folders: tuple[Path, ...], as_json: bool) -> None:
    """List the releases in the folders DIR, or in this folder.

    The table shows recordings, subjects, usable trials of challenge 1, subjects with an externalizing score, and which
    challenges can be scored. A challenge is partial if some recordings cannot be used.
    """
    from submission_builder import list_data
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.console import open_console
    from submission_builder.report.data import show_listing
    from submission_builder.report.json_file import json_text

    with progress_bars() as progress:
        listing = list_data(folders or [Path()], progress=progress)
    if as_json:
        click.echo(json_text(listing.to_dict()))
    else:
        show_listing(listing, open_console())


@data.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_context
def verify(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """List the defects of the release folder DIR, each with its remedy.

    An error prevents subpack or the official pipeline (the start kit with EEGDash and braindecode) from using a
    recording or the release. The headers and sizes of the BDF files are read, and no sample.

    \b
    Exit code:
      0    no errors
      1    errors
      2    wrong usage
      130  interrupted
    """  # noqa: D301 - click's mark for lines that are not wrapped
    from submission_builder import verify_data
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.report.console import open_console
    from submission_builder.report.data import show_defects
    from submission_builder.report.json_file import json_text

    with progress_bars() as progress:
        verified = verify_data(folder, progress=progress)
    if as_json:
        click.echo(json_text(verified.to_dict()))
    else:
        show_defects(verified, open_console())
    ctx.exit(0 if verified.ok else 1)
