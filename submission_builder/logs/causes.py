"""The causes that a log names, ranked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.logs.code_rules import CODE_RULES
from submission_builder.logs.exceptions import clean, read_exceptions
from submission_builder.logs.run_rules import LINES, OF_THE_SERVER, RUN_RULES
from submission_builder.logs.weights_rules import WEIGHTS_RULES
from submission_builder.sandbox.outcomes import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from re import Match

    from submission_builder.logs.exceptions import Raised

RULES = (*CODE_RULES, *WEIGHTS_RULES, *RUN_RULES)
_SHOWN_CHARS = 300


@dataclass(frozen=True)
class LogCause:
    """A cause that a log names."""

    word: str
    """Number of a check, or an outcome of a run."""
    evidence: tuple[str, ...]
    """Lines of the log, with their numbers."""
    places: tuple[tuple[str, int], ...] = ()
    """File and line of each frame in the submission, from the outermost."""
    fallback: bool = False
    """Whether no rule applies: an exception of the submission, and nothing more."""


@dataclass(frozen=True)
class LogReading:
    """What a log says."""

    causes: tuple[LogCause, ...]
    """The most probable first; each word once."""
    unclear: str | None
    """Why no cause can be named, as a sentence; None if one can."""
    last: Raised | None
    """The exception that ended the run; None if the log shows none."""
    places: frozenset[tuple[str, int]] = frozenset()
    """File and line of all frames in the submission."""


def read_log(log: str) -> LogReading:
    """Read a log, and rank the causes that it names.

    A limit that the worker reports comes first. Then come the exceptions, from the last to the first, because the last
    one ended the run: first the causes that a rule names, then an exception of the submission that no rule names.

    Parameters
    ----------
    log
        Standard output and standard error of a run, or a part of it.
    """
    log = clean(log)
    raised = read_exceptions(log)
    by_rule = [(one, tuple(_from_rules(one))) for one in reversed(raised)]
    found = [*_from_lines(log), *(cause for _, causes in by_rule for cause in causes)]
    found += [_fallback(one) for one, causes in by_rule if one.own_frames and not causes]
    first: dict[str, LogCause] = {}
    for cause in found:
        first.setdefault(cause.word, cause)
    causes = tuple(first.values())
    places = frozenset(place for one in raised for place in one.own_frames)
    return LogReading(causes, None if causes else _unclear(log, raised), raised[-1] if raised else None, places)


def _from_lines(log: str) -> Iterator[LogCause]:
    for word, pattern in LINES.items():
        if match := pattern.search(log):
            yield LogCause(word, (_quoted(log, match),))


def _from_rules(raised: Raised) -> Iterator[LogCause]:
    """Yield what rules name; beside the number of a check, ``import_error`` would say less."""
    words = [rule.word for rule in RULES if rule.matches(raised)]
    checked = any(word not in OUTCOMES for word in words)
    for word in words:
        if not (checked and word == "import_error"):
            yield LogCause(word, _evidence(raised), raised.own_frames)


def _fallback(raised: Raised) -> LogCause:
    return LogCause("crashed", _evidence(raised), raised.own_frames, fallback=True)


def _evidence(raised: Raised) -> tuple[str, ...]:
    first = raised.summary if len(raised.summary) <= _SHOWN_CHARS else f"{raised.summary[:_SHOWN_CHARS]} […]"
    lines = [f"log, line {raised.at}: {first}"]
    if raised.own_frames:
        file, number = raised.own_frames[-1]
        code = next((frame.code for frame in reversed(raised.frames) if frame.line == number), "")
        lines.append(f"{file}, line {number}{f': {code}' if code else ''}")
    return tuple(lines)


def _quoted(log: str, match: Match[str]) -> str:
    text = match[0].strip().splitlines()[-1]
    start = log.rfind("\n", 0, match.end()) + 1
    line = log[start:].split("\n", 1)[0].strip() or text
    return f"log, line {log.count(chr(10), 0, match.end()) + 1}: {line[:_SHOWN_CHARS]}"


def _unclear(log: str, raised: tuple[Raised, ...]) -> str:
    if match := OF_THE_SERVER.search(log):
        return f"the log reports a failure of the server's own programs ({_quoted(log, match)})"
    if raised:
        return f"no line of the traceback lies in the submission ({_evidence(raised[-1])[0]})"
    if not log.strip():
        return "the log is empty"
    return "the log contains no error"
