"""Check a submission zip: the static checks, and those that need a run on synthetic windows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.base.cache import cache_folder
from submission_builder.checks.catalogue import select_checks
from submission_builder.checks.servers import joined
from submission_builder.harness.runtime import Runtime
from submission_builder.sandbox.limits import Limits
from submission_builder.server.replica import every_replica
from submission_builder.workflows.check_forked import check_forked
from submission_builder.workflows.synthetic_run import run_on_synthetic_windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.checks.check import Check
    from submission_builder.checks.report import CheckReport

LIMIT_S = 600.0
"""Default limit on the wall time of the run."""


def check(
    submission: Path | str,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    static: bool = False,
    runtime: Runtime | None = None,
) -> CheckReport:
    """Look for faults that make a submission zip fail on the server.

    The static checks read the zip. If they find no error that certainly ends the run, and a selected check needs a run,
    the submission runs on synthetic windows in another process. Errors of S113, S114 and S213 do not prevent the run.

    Parameters
    ----------
    submission
        The zip, also one that was not built with subpack.
    select
        Numbers of the checks to make, or their beginnings: ``S104``, ``S1``; empty for all checks.
    ignore
        Numbers of checks, or their beginnings, that are left out.
    static
        Make only the checks that read the zip; run nothing.
    runtime
        Device, limits, isolation and Python of the run. The default is the CPU and 600 s of wall time. The server
        ``all`` runs the submission under every installed replica; the report says where they differ.

    Returns
    -------
    CheckReport
        Findings, skipped and passed checks, and how the run ended. A run that ended early is an error finding whatever
        is selected, unless only this machine prevented it: then ``undecided`` is True.

    Raises
    ------
    CheckError
        If `submission` is not a file, or no check begins with a number in `select` or `ignore`.
    ServerError
        If ``runtime.server`` names neither an installed replica nor a Python that has torch, or is ``all`` while no
        replica is installed.

    Examples
    --------
    >>> import submission_builder as sb
    >>> report = sb.check(submission_zip, static=True)
    >>> report.ok, report.findings, report.outcome
    (True, (), None)
    >>> sorted(report.skipped)[-1]
    'S313'
    """
    checks = select_checks(select, ignore)
    if static:
        return check_forked(Path(submission), checks)
    runtime = runtime or Runtime(limits=Limits(wall_s=LIMIT_S))
    if runtime.every_server:
        return _check_under_every_replica(Path(submission), checks, runtime)
    if runtime.server is not None:
        runtime.replica()  # raises before the zip is read
    return _check_and_run(Path(submission), checks, runtime)


def _check_under_every_replica(path: Path, checks: Sequence[Check], runtime: Runtime) -> CheckReport:
    installed, missing = every_replica(cache_folder())
    return joined({image: _check_and_run(path, checks, replace(runtime, server=image)) for image in installed}, missing)


def _check_and_run(path: Path, checks: Sequence[Check], runtime: Runtime) -> CheckReport:
    return check_forked(path, checks, partial(run_on_synthetic_windows, runtime=runtime))


def list_checks(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Check, ...]:
    """Return the checks that :func:`check` makes, sorted by number.

    Parameters
    ----------
    select
        Numbers of checks, or their beginnings; empty for all checks.
    ignore
        Numbers of checks, or their beginnings, that are left out.

    Raises
    ------
    CheckError
        If no check begins with one of the numbers.

    Examples
    --------
    >>> from submission_builder.workflows.check import list_checks
    >>> [check.id for check in list_checks(select=["S10"], ignore=["S105"])][:5]
    ['S101', 'S102', 'S103', 'S104', 'S106']
    """
    return select_checks(select, ignore)
