"""Run the catalogue on a zip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.base.errors import CheckError
from submission_builder.checks.catalogue import CHECKS
from submission_builder.checks.inspected import CannotCheck, inspect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from submission_builder.checks.check import Check, Severity
    from submission_builder.checks.inspected import Inspected
    from submission_builder.checks.trace import Trace

    Runner = Callable[[Path], Trace]


@dataclass(frozen=True, order=True)
class Finding:
    """One place that breaks one check."""

    id: str
    where: str
    message: str
    severity: Severity


@dataclass(frozen=True)
class CheckReport:
    """What the catalogue says of a zip.

    Attributes
    ----------
    path
        The zip.
    passed
        Checks that found nothing, by id.
    findings
        Sorted by check, then place.
    skipped
        Checks that could not be made, by id, with the reason; skipped is not passed.
    isolation
        How far the zip was kept apart when it was run; None where it was not.
    """

    path: Path
    passed: tuple[str, ...]
    findings: tuple[Finding, ...]
    skipped: dict[str, str]
    isolation: str | None = None

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity == "error" for finding in self.findings)


def check_zip(path: Path, checks: Sequence[Check] = CHECKS, run: Runner | None = None) -> CheckReport:
    """Make checks on a zip, also one that was not built here.

    Parameters
    ----------
    path
        The zip.
    checks
        Which to make.
    run
        Runs the zip and tells what it did. It is called once, after the checks that only read, and only if those
        found no error. Without it nothing in the zip is run, and what needs a run is skipped.

    Raises
    ------
    CheckError
        If there is no such file.
    """
    if not path.is_file():
        raise CheckError(f"{path} is no file; a submission is a zip")
    zip_ = inspect(path)
    made = _Made(zip_)
    for check in checks:
        if not check.runs:
            made.make(check)
    behavioural = [check for check in checks if check.runs]
    errors = sorted({finding.id for finding in made.findings if finding.severity == "error"})
    if errors:
        zip_.not_run = f"nothing was run: there are errors to mend first ({', '.join(errors)})"
    elif run and behavioural:
        zip_.trace = run(path)
    for check in behavioural:
        made.make(check)
    isolation = zip_.trace.isolation if zip_.trace else None
    return CheckReport(path, tuple(made.passed), tuple(sorted(made.findings)), made.skipped, isolation)


class _Made:
    """What checks have said so far."""

    def __init__(self, zip_: Inspected) -> None:
        self.zip = zip_
        self.passed: list[str] = []
        self.findings: list[Finding] = []
        self.skipped: dict[str, str] = {}

    def make(self, check: Check) -> None:
        """Make a check that can be made."""
        if reason := self._unfit(check):
            self.skipped[check.id] = reason
            return
        try:
            found = [Finding(check.id, where, message, check.severity) for where, message in check.function(self.zip)]
        except CannotCheck as cannot:
            self.skipped[check.id] = str(cannot)
            return
        except RecursionError:  # code that Python parses, and no walk over it survives
            self.skipped[check.id] = "its code is nested too deeply to be looked through"
            return
        self.findings += found
        if not found:
            self.passed.append(check.id)

    def _unfit(self, check: Check) -> str | None:
        """Say what about the zip keeps a check from being made."""
        if self.zip.unreadable and check.id != "S001":
            return "the zip cannot be read (S001)"
        if self.zip.oversized and not check.id.startswith("S0"):
            return "it is too large to be read through (S008)"
        return None
