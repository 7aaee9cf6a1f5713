"""Make checks on a zip, and on the trace of a run if there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from submission_builder.base.errors import CheckError
from submission_builder.checks.catalogue import CHECKS, find_check
from submission_builder.checks.inspected import CannotCheck, inspect
from submission_builder.checks.report import CheckReport, Finding
from submission_builder.sandbox.outcomes import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence
    from pathlib import Path

    from submission_builder.checks.check import Check
    from submission_builder.checks.inspected import Inspected
    from submission_builder.checks.trace import Trace

    Runner = Callable[[Path], Trace]

_OUTCOME = find_check("S301")
"""Reports how a run ended, even if it is not selected."""


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

    Raises
    ------
    CheckError
        If `path` is not a file.
    """
    if not path.is_file():
        raise CheckError(f"{path} is not a file; a submission is a zip")
    zip_ = inspect(path)
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

    def add(self, check: Check) -> None:
        """Make a check, or note why it is skipped."""
        if reason := self._unfit(check):
            self.skipped[check.id] = reason
            return
        try:
            found = [
                Finding(check.id, check.severity, check.fault, where, message)
                for where, message in check.function(self.zip)
            ]
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
        findings = tuple(sorted(self.findings, key=lambda finding: finding.rank))
        report = CheckReport(self.zip.path, findings, tuple(sorted(self.passed)), self.skipped)
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

    def _unfit(self, check: Check) -> str | None:
        """Return why a check cannot be made on this zip."""
        if check is _OUTCOME and self.zip.trace:
            return None
        if self.zip.unreadable and check.id != "S001":
            return "the zip cannot be read (S001)"
        if self.zip.oversized and not check.id.startswith("S0"):
            return "the zip is too large to be read (S008)"
        return None
