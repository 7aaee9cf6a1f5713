"""Make checks on a zip, and on the trace of a run if there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from submission_builder.checks.catalogue import CHECKS, find_check
from submission_builder.checks.inspected import CannotCheck, inspect
from submission_builder.checks.report import CheckReport, Finding
from submission_builder.sandbox.forked import OutOfTime
from submission_builder.sandbox.outcomes import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence
    from pathlib import Path

    from submission_builder.checks.check import Check
    from submission_builder.checks.inspected import Inspected
    from submission_builder.checks.trace import Trace

    Runner = Callable[[Path], Trace]

_OUTCOME = find_check("S301")
"""Reports how a run ended, even if it is not selected."""

_BOMB = find_check("S008")
"""Reports that the checks exceed a limit, even if it is not selected."""

_MOST_FINDINGS = 100
_LONGEST_TEXT = 4000

_EXCEEDED = (MemoryError, OutOfTime)
"""What a limit on the checks raises."""


def check_zip(path: Path, checks: Sequence[Check] = CHECKS, run: Runner | None = None) -> CheckReport:
    """Make checks on a zip, also on one that was not built with subpack.

    A run that ended early through the fault of the submission is an error finding, whatever checks are selected. If
    only this machine prevented the run, the checks that need it are skipped.

    Parameters
    ----------
    path
        The zip.
    checks
        The checks to make.
    run
        Runs the zip. It is called once, if one of `checks` needs a run and the others found no error that is certain.
        Without it the checks that need a run are skipped.
    """
    try:
        zip_ = inspect(path)
    except _EXCEEDED as limit:
        return unread(path, _exceeded(limit))
    results = _Results(zip_)
    for check in checks:
        if not (check.runs or check.uses_run):
            results.add(check)
    running = [check for check in checks if check.runs]
    certain = results.errors({check.id for check in checks if check.certain})
    trace = run(path) if run and running and not certain else None
    if certain:
        zip_.not_run = f"the zip is run once its errors are mended ({', '.join(certain)})"
    elif trace and OUTCOMES[trace.outcome].fault == "machine":
        zip_.not_run = f"this machine cannot run the submission: {trace.message}"
    else:
        zip_.trace, zip_.selected = trace, frozenset(check.id for check in checks)
    for check in checks:
        if check.runs or check.uses_run:
            results.add(check)
    if zip_.trace and zip_.trace.outcome != "scored" and not results.errors({check.id for check in running}):
        results.add(_OUTCOME)
    return results.report(trace)


class _Results:
    """The results of the checks made so far."""

    def __init__(self, zip_: Inspected) -> None:
        self.zip = zip_
        self.passed: list[str] = []
        self.findings: list[Finding] = []
        self.skipped: dict[str, str] = {}
        self.exceeded: str | None = None

    def add(self, check: Check) -> None:
        """Make a check, or note why it is skipped."""
        if reason := self._unfit(check):
            self.skipped[check.id] = reason
            return
        try:
            found = list(_findings(check, self.zip))
        except _EXCEEDED as limit:
            self.skipped[check.id] = f"the check {_exceeded(limit)} (S008)"
            self.exceeded = self.exceeded or _exceeded(limit)
            return
        except CannotCheck as cannot:
            self.skipped[check.id] = str(cannot)
            return
        except RecursionError:  # the code is shallow enough for Python's parser and too deep for a walk over its nodes
            self.skipped[check.id] = "the code is nested too deeply to be read"
            return
        self.findings += found
        if not found:
            self.passed.append(check.id)

    def errors(self, ids: Container[str]) -> list[str]:
        """Return the numbers of those checks that found an error, sorted."""
        return sorted({one.id for one in self.findings if one.severity == "error" and one.id in ids})

    def report(self, trace: Trace | None) -> CheckReport:
        """Return the report of the checks made."""
        if self.exceeded:
            self.findings.append(_bomb(self.zip.path, self.exceeded))
            self.passed = [id_ for id_ in self.passed if id_ != _BOMB.id]
        findings = tuple(sorted(self.findings, key=lambda finding: finding.rank))
        report = CheckReport(self.zip.path, findings, tuple(sorted(self.passed)), self.skipped)
        return with_run(report, trace)

    def _unfit(self, check: Check) -> str | None:
        """Return why a check cannot be made on this zip."""
        if check is _OUTCOME and self.zip.trace:
            return None
        if self.zip.unreadable and check.id != "S001":
            return "the zip cannot be read (S001)"
        if self.exceeded and not check.id.startswith("S0"):
            return f"the zip {self.exceeded} (S008)"
        if self.zip.oversized and not check.id.startswith("S0"):
            return "the zip is too large to be read (S008)"
        return None


def with_run(report: CheckReport, trace: Trace | None) -> CheckReport:
    """Return a report that describes the run too."""
    if trace is None:
        return report
    return replace(
        report,
        outcome=trace.outcome,
        message=trace.message or None,
        isolation=trace.isolation,
        ran=trace.ran,
        predictions={challenge: seen.predictions for challenge, seen in trace.behaviour.items()},
    )


def unread(path: Path, fact: str) -> CheckReport:
    """Return the report on a zip whose checks ended at a limit.

    Parameters
    ----------
    path
        The zip.
    fact
        What it needed, such as "needs more memory than 200 MiB".
    """
    skipped = dict.fromkeys((check.id for check in CHECKS if check is not _BOMB), f"the zip {fact} (S008)")
    return CheckReport(path, (_bomb(path, fact),), (), skipped)


def _bomb(path: Path, fact: str) -> Finding:
    return Finding(_BOMB.id, _BOMB.severity, _BOMB.fault, path.name, f"Reading the zip {fact}")


def _exceeded(limit: BaseException) -> str:
    return f"needs more {'memory' if isinstance(limit, MemoryError) else 'time'} than the static checks may use"


def _findings(check: Check, zip_: Inspected) -> Iterator[Finding]:
    """Make a check; of more findings than anybody reads, only the number is kept."""
    further = 0
    for n, (where, message) in enumerate(check.function(zip_)):
        if n < _MOST_FINDINGS:
            yield Finding(check.id, check.severity, check.fault, _short(where), _short(message))
        else:
            further += 1
    if further:
        yield Finding(
            check.id, check.severity, check.fault, zip_.path.name, f"{further:,} further findings are left out"
        )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT // 2]} […] {text[-_LONGEST_TEXT // 2 :]}"
