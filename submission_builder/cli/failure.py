"""How an error looks."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from submission_builder.sandbox.outcomes import OUTCOMES

if TYPE_CHECKING:
    from submission_builder.base.errors import SubpackError

INTERRUPTED = 128 + signal.SIGINT
"""Exit code after Ctrl-C."""


def show_failure(error: SubpackError, outcome: str | None = None, of: str | None = None) -> None:
    """Print an error, what it is of, its hint and, for a run, its outcome and what the server would make of it."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), _printable(f"{of}: {error}" if of else str(error))))
    if error.hint:
        console.print(Text(f"hint: {error.hint}", style="dim"))
    if outcome:
        console.print(Text(f"outcome: {outcome} ({OUTCOMES[outcome].summary})", style="dim"))
        console.print(Text(f"on the server: {OUTCOMES[outcome].on_server}", style="dim"))
        console.print(Text(f"subpack explain {outcome} says more", style="dim"))


def _printable(message: str) -> str:
    """Replace what would steer the terminal; a submission's own words may hold it."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in message)
