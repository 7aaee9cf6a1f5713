"""The errors that a user can cause, as one tree.

::

    SubpackError
    ├── RecipeError       an architecture, tag or value that is not there
    ├── BuildError        a zip that does not prediction as its nets do
    ├── CheckpointError   weights or a card that do not fit
    ├── ConfigError       settings of a training run that cannot be used
    ├── ReleaseError      a recording folder that cannot be read as a release
    ├── WindowError       a window that does not lie inside its recording
    ├── ScoreError        a score that is not defined
    ├── SandboxError      an isolation that this machine does not give
    ├── DeviceError       a device that this machine does not have
    ├── ServerError       a replica of the server that is not there or cannot be made
    ├── CheckError        a check that is not there, or nothing to check
    ├── SubmissionError   a zip that the server would not score
    └── OutputError       a file that must not be overwritten or cannot be written

A message is *subject, fact, expectation*; ``hint`` is what to type or change, given only where it is
certain. The command line prints both and exits with 1; everything else is a bug and keeps its traceback.
This module rests on nothing, so every room may import it (nets, sandbox and the child program do not).
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class SubpackError(Exception):
    """Something that a user can mend.

    Parameters
    ----------
    message
        Subject, fact and expectation, in that order.
    hint
        What to do about it, if that is certain.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class RecipeError(SubpackError):
    """An architecture, tag or value that is not there."""


class BuildError(SubpackError):
    """A zip that does not prediction as its nets do."""


class CheckpointError(SubpackError):
    """Weights or a card that do not fit."""


class ConfigError(SubpackError):
    """Settings of a training run that cannot be used."""


class ReleaseError(SubpackError):
    """A folder that cannot be read as a release."""


class WindowError(SubpackError):
    """A window that does not lie inside its recording."""


class ScoreError(SubpackError):
    """A score that is not defined."""


class DeviceError(SubpackError):
    """A device that this machine does not have."""


class SandboxError(SubpackError):
    """An isolation that this machine does not give."""


class ServerError(SubpackError):
    """A replica of the server that is not there or cannot be made."""


class CheckError(SubpackError):
    """A check that is not there, or nothing to check."""


class SubmissionError(SubpackError):
    """A zip that the server would not score.

    Parameters
    ----------
    outcome
        The word for it in the fixed vocabulary of :mod:`submission_builder.sandbox.outcomes`.
    """

    def __init__(self, message: str, *, outcome: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it come back from another process, which by itself takes no keywords along."""
        return partial(type(self), outcome=self.outcome, hint=self.hint), self.args


class OutputError(SubpackError):
    """A file that must not be overwritten or cannot be written."""


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Ask, as a hint, for the known word that was probably meant; None where none is near."""
    near = get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else None
