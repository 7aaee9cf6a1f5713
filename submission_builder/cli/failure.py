"""Errors in the terminal."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from submission_builder.base.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.base.errors import SubpackError
    from submission_builder.workflows.evaluate.evaluation import Evaluation, Failure

INTERRUPTED = 128 + signal.SIGINT
"""Exit status after Ctrl-C."""


def show_failure(error: SubpackError, of: str | None = None) -> None:
    """Print an error to standard error.

    Parameters
    ----------
    error
        The error; its hint is printed below it.
    of
        The zip or run that failed, if there are several.
    """
    from rich.text import Text

    console = _console()
    console.print(Text.assemble(("error: ", "bold red"), printable(f"{of}: {error}" if of else str(error))))
    if error.hint:
        console.print(Text(f"hint: {printable(error.hint)}", style="dim"))


def show_failures(evaluation: Evaluation, *names: str | None) -> None:
    """Print why each release has no score, with its outcome, to standard error.

    Parameters
    ----------
    evaluation
        The evaluation; one whose releases all have a score prints nothing.
    names
        What stands before the name of the release, such as the path of the zip; empty ones are left out.
    """
    for release, failure in evaluation.failures().items():
        show_failure(failure.error, of=", ".join(filter(None, (*names, release))) or None)
        _show_outcome(failure)


def _show_outcome(failure: Failure) -> None:
    """Print the outcome of a run to standard error, with its meaning here and on the server."""
    from rich.text import Text

    for line in (
        f"outcome: {failure.outcome} ({failure.meaning})",
        f"on the server: {failure.on_server}",
        f"subpack explain {failure.outcome} describes causes and solutions",
    ):
        _console().print(Text(line, style="dim"))


def _console() -> Console:
    from submission_builder.report.console import open_console

    return open_console(stderr=True, highlight=False, soft_wrap=True)
