"""Run the catalogue on a zip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.checks.catalogue import CHECKS, Check, Severity, find_check
from submission_builder.checks.inspected import CannotCheck, inspect
from submission_builder.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One place that breaks one check."""

    id: str
    where: str
    message: str
    severity: Severity


@dataclass(frozen=True)
class Checked:
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
    """

    path: Path
    passed: tuple[str, ...]
    findings: tuple[Finding, ...]
    skipped: dict[str, str]

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity == "error" for finding in self.findings)


def select_checks(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Check, ...]:
    """Choose checks by id or by the beginning of an id.

    Parameters
    ----------
    select
        What to make; empty for all.
    ignore
        What to leave out of it.

    Raises
    ------
    CheckError
        If something named is no check and no beginning of one.
    """
    for wanted in (*select, *ignore):
        if not any(check.id.startswith(wanted.upper()) for check in CHECKS):
            find_check(wanted)
    chosen = [check for check in CHECKS if not select or _named(check, select)]
    return tuple(check for check in chosen if not _named(check, ignore))


def check_zip(path: Path, checks: Sequence[Check] = CHECKS) -> Checked:
    """Make checks on a zip, also one that was not built here; nothing in it is run.

    Parameters
    ----------
    path
        The zip.
    checks
        Which to make.

    Raises
    ------
    CheckError
        If there is no such file.
    """
    if not path.is_file():
        raise CheckError(f"{path} is no file; a submission is a zip")
    zip_ = inspect(path)
    found: list[Finding] = []
    passed, skipped = [], {}
    for check in checks:
        if zip_.unreadable and check.id != "S001":
            skipped[check.id] = "the zip cannot be read"
            continue
        try:
            places = [Finding(check.id, where, message, check.severity) for where, message in check.function(zip_)]
        except CannotCheck as reason:
            skipped[check.id] = str(reason)
            continue
        found += places
        if not places:
            passed.append(check.id)
    return Checked(path, tuple(passed), tuple(sorted(found)), skipped)


def _named(check: Check, names: Sequence[str]) -> bool:
    return any(check.id.startswith(name.upper()) for name in names)
