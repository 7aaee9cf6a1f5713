"""Explain a check, or an outcome of a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import CheckError, did_you_mean
from submission_builder.checks.catalogue import CHECKS, find_check
from submission_builder.sandbox.outcomes import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping

_KNOWN = f"`subpack check --list` lists the checks; the outcomes are {', '.join(OUTCOMES)}"


@dataclass(frozen=True)
class Explanation:
    """The page of a check or an outcome; ``str`` returns it as text."""

    word: str
    """Number of the check, or the outcome."""
    kind: str
    """Severity of the check, or ``outcome``."""
    title: str
    """The fault that the check finds, or the meaning of the outcome, as one sentence."""
    sections: Mapping[str, str]
    """The rest of the page, by heading; for a check, first the rule that it tests."""

    def __str__(self) -> str:
        width = max(map(len, self.sections)) + 2
        lines = [f"{heading:{width}}{text}" for heading, text in self.sections.items()]
        return "\n".join([f"{self.word} ({self.kind})", self.title, "", *lines])

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary."""
        return asdict(self)


def explain(word: str) -> Explanation:
    """Explain a check or an outcome: what it means, its causes and the solution.

    Parameters
    ----------
    word
        Number of a check, such as ``S104``, or an outcome of a run, such as ``timeout``.

    Raises
    ------
    CheckError
        If there is no such check and no such outcome.

    Examples
    --------
    >>> from submission_builder.workflows.explain import explain
    >>> print(explain("S102"))
    S102 (error)
    submission.py has no class Submission
    <BLANKLINE>
    Rule      submission.py has a class Submission at its top level.
    Why       The server runs `from submission import Submission`.
    Causes    The class has another name, or stands inside a function.
    Solution  Name the class Submission, and define it at the top level of submission.py.
    """
    if word in OUTCOMES:
        outcome = OUTCOMES[word]
        title = _sentence(outcome.summary)
        sections = {"On the server": outcome.on_server, "Causes": outcome.causes, "Solution": outcome.solution}
        return Explanation(word, "outcome", title, sections)
    known = [*(check.id for check in CHECKS), *OUTCOMES]
    if word.upper() not in known:
        hint = did_you_mean(word.upper(), known) or did_you_mean(word, known)
        raise CheckError(f"there is no check and no outcome {word}", hint=hint or _KNOWN)
    check = find_check(word)
    sections = {"Rule": check.title, "Why": check.why, "Causes": check.causes, "Solution": check.solution}
    return Explanation(check.id, check.severity, check.fault, sections)


def _sentence(summary: str) -> str:
    """Return a summary as a sentence; a file name at its start keeps its case, as the server distinguishes it."""
    first = summary.partition(" ")[0]
    start = summary[0] if "." in first else summary[0].upper()
    return f"{start}{summary[1:].removesuffix('.')}."
