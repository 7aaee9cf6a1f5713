"""Errors in the terminal."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from submission_builder.sandbox.outcomes import OUTCOMES

if TYPE_CHECKING:
    from submission_builder.base.errors import SubpackError

INTERRUPTED = 128 + signal.SIGINT
"""Exit status after Ctrl-C."""


def show_failure(error: SubpackError, outcome: str | None = None, of: str | None = None) -> None:
    """Print an error to standard error.

    Parameters
    ----------
    error
        The error; its hint is printed below it.
    outcome
        Outcome of a run; its meaning, here and on the server, is printed too.
    of
        The zip or run that failed, if there are several.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), _printable(f"{of}: {error}" if of else str(error))))
    if error.hint:
        console.print(Text(f"hint: {_printable(error.hint)}", style="dim"))
    if outcome:
        console.print(Text(f"outcome: {outcome} ({OUTCOMES[outcome].summary})", style="dim"))
        console.print(Text(f"on the server: {OUTCOMES[outcome].on_server}", style="dim"))
        console.print(Text(f"subpack explain {outcome} describes causes and solutions", style="dim"))


def _printable(message: str) -> str:
    """Replace control characters, which a message of a submission may contain and which would steer the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in message)
