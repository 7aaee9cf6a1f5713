"""A rule: what an exception of a log says about its cause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.logs.exceptions import Raised


class Rule(NamedTuple):
    """If an exception matches, the word is a cause of it."""

    word: str
    """Number of a check, or an outcome of a run."""
    pattern: re.Pattern[str]
    """Searched in the type and text of the exception."""
    holds: Callable[[Raised, re.Match[str]], bool] = lambda raised, match: True  # noqa: ARG005 - no further condition

    def matches(self, raised: Raised) -> bool:
        """Return whether the rule applies to an exception."""
        match = self.pattern.search(raised.summary)
        return match is not None and self.holds(raised, match)


def rule(word: str, pattern: str, holds: Callable[[Raised, re.Match[str]], bool] | None = None) -> Rule:
    """Return a rule with a pattern in which ``^`` is the beginning of the exception's type."""
    compiled = re.compile(pattern)
    return Rule(word, compiled, holds) if holds else Rule(word, compiled)


def by_program(raised: Raised, match: re.Match[str]) -> bool:
    """Whether the server's programs raised, or only the last line of the traceback is known."""
    del match
    return raised.raised_by_program or not raised.frames


def by_submission(raised: Raised, match: re.Match[str]) -> bool:
    """Whether the submission is in the traceback, or only its last line is known."""
    del match
    return bool(raised.own_frames) or not raised.frames
