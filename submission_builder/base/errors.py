"""The errors that a user can cause, as one tree.

::

    SubpackError
    ├── RecipeError       an unknown architecture, tag or value
    ├── BuildError        a built zip that fails, or predicts differently from its nets
    ├── CheckpointError   weights or a card that cannot be used
    ├── ConfigError       settings that cannot be used
    │   └── ConflictError arguments that exclude each other; on the command line, wrong usage
    ├── ReleaseError      a folder that cannot be read as a release
    ├── DownloadError     a release that cannot be downloaded
    ├── WindowError       a window that does not lie inside its recording
    ├── ScoreError        a score that is not defined
    ├── SandboxError      an isolation level that is not available on this machine
    ├── DeviceError       a device that is not available on this machine
    ├── ServerError       a replica of the server that is missing or cannot be installed
    ├── CheckError        an unknown check, or nothing to check
    ├── CodabenchError    a call of Codabench that failed, or a zip that must not be sent
    │   └── UnreachableError no reply from Codabench; a later attempt may succeed
    ├── SubmissionError   a zip that the server would not score
    ├── LedgerError       a ledger that cannot be used, or a result that does not belong in it
    └── OutputError       a file that exists or cannot be written

A message states *subject, fact, expectation*. A ``hint`` says what to type or change, and is given only if it is
certain. The command line prints both and exits with status 1. Any other exception is a bug and keeps its traceback.
This module imports nothing of ours, and every room but nets, sandbox and the child program may import it.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class SubpackError(Exception):
    """An error that the user can correct.

    Parameters
    ----------
    message
        Subject, fact and expectation, in that order.
    hint
        What to type or change; None if that is not certain.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class RecipeError(SubpackError):
    """An unknown architecture, tag or value."""


class BuildError(SubpackError):
    """A built zip that fails, or predicts differently from its nets."""


class CheckpointError(SubpackError):
    """Weights or a card that cannot be used."""


class ConfigError(SubpackError):
    """Settings that cannot be used."""


class ConflictError(ConfigError):
    """Arguments that exclude each other; on the command line, wrong usage."""


class ReleaseError(SubpackError):
    """A folder that cannot be read as a release."""


class DownloadError(SubpackError):
    """A release that cannot be downloaded."""


class WindowError(SubpackError):
    """A window that does not lie inside its recording."""


class ScoreError(SubpackError):
    """A score that is not defined."""


class DeviceError(SubpackError):
    """A device that is not available on this machine."""


class SandboxError(SubpackError):
    """An isolation level that is not available on this machine."""


class ServerError(SubpackError):
    """A replica of the server that is missing or cannot be installed."""


class CheckError(SubpackError):
    """An unknown check, or nothing to check."""


class CodabenchError(SubpackError):
    """A call of Codabench that failed, or a zip that must not be sent."""


class UnreachableError(CodabenchError):
    """No reply from Codabench; a later attempt may succeed."""


class SubmissionError(SubpackError):
    """A zip that the server would not score.

    Parameters
    ----------
    message
        The fact.
    outcome
        A key of :data:`submission_builder.sandbox.outcomes.OUTCOMES`.
    output
        The end of the submission's output; the text of the error shows it below the fact.
    through
        Top-level modules whose code an exception of the submission passed through.
    """

    def __init__(
        self,
        message: str,
        *,
        outcome: str,
        hint: str | None = None,
        output: str = "",
        through: Iterable[str] = (),
    ) -> None:
        super().__init__(f"{message}\n{output}" if output else message, hint=hint)
        self.fact, self.outcome, self.output, self.through = message, outcome, output, frozenset(through)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the keyword arguments too, so that the error can be raised across processes."""
        keywords = {name: getattr(self, name) for name in ("outcome", "hint", "output", "through")}
        return partial(type(self), **keywords), (self.fact,)


class LedgerError(SubpackError):
    """A ledger that cannot be used, or a result that does not belong in it."""


class OutputError(SubpackError):
    """A file that exists or cannot be written."""


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the most similar known word; None if no word is similar."""
    near = get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else None
