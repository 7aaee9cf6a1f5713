"""What goes into a zip, as a table in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.freeze.builder import Built, Frozen


def show_built(built: Built, console: Console) -> None:
    """Print what went into a zip that was written."""
    show_frozen(built.frozen, str(built.path), console)
    console.print(f"sha256 {built.sha256}", style="dim", soft_wrap=True, highlight=False)


def show_frozen(frozen: Frozen, title: str, console: Console) -> None:
    """Print what would go into a zip, and what its owner should know."""
    console.print(Text(title, style="italic"), soft_wrap=True)
    table = Table(show_footer=True)
    table.add_column("entry", footer="in all")
    table.add_column("bytes", justify="right", footer=f"{sum(frozen.sizes.values()):,}")
    for name, size in frozen.sizes.items():
        table.add_row(Text(name), f"{size:,}")
    console.print(table)
    for note in frozen.notes:
        console.print(Text(f"note: {note}."), style="dim", soft_wrap=True)
    for challenge, effect in frozen.half_effect.items():
        console.print(
            f"half precision moves the predictions of challenge {challenge} to the golden question by up to {effect:.1e}.",
            style="dim",
            soft_wrap=True,
            highlight=False,
        )
