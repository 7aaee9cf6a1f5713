"""The result of a build in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.workflows.build import BuiltSubmission


def show_built(built: BuiltSubmission, console: Console) -> None:
    """Print the files of a zip, its notes and its digest."""
    console.print(Text(_title(built), style="italic"), soft_wrap=True)
    table = Table(show_footer=True)
    table.add_column("file", footer="total")
    table.add_column("bytes", justify="right", footer=f"{built.size:,}")
    for name, size in built.entries.items():
        table.add_row(Text(name), f"{size:,}")
    console.print(table)
    for note in _notes(built):
        console.print(Text(note), style="dim", soft_wrap=True)
    if built.sha256:
        console.print(f"sha256 {built.sha256}", style="dim", soft_wrap=True, highlight=False)


def _title(built: BuiltSubmission) -> str:
    return str(built.path) if built.written else f"{built.path} (dry run, not written)"


def _notes(built: BuiltSubmission) -> list[str]:
    effects = [
        f"Half precision changes the golden predictions of challenge {challenge} by up to {effect:.1e}."
        for challenge, effect in built.half_effect.items()
    ]
    return [*(f"note: {note}." for note in built.notes), *effects]
