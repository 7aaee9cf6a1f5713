"""The checks of a zip, made in a process of their own: a zip that exceeds its limits is a finding."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import CheckError
from submission_builder.base.json_text import UndecodableError, decode_json
from submission_builder.checks.catalogue import CHECKS
from submission_builder.checks.report import CheckReport, Finding
from submission_builder.checks.runner import check_zip, unread, with_run
from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.forked import Bounds, call_forked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from submission_builder.checks.check import Check
    from submission_builder.checks.trace import Trace

_MEMORY_MIB, _CPU_S = 180, 7
"""For a small zip."""

_MOST_FURTHER_MIB, _MEMORY_PER_BYTE, _BYTES_PER_S = 2048, 12, 8 << 20
"""For a larger zip: further memory for its sources, and time to read it."""


def check_forked(path: Path, checks: Sequence[Check], run: Callable[[Path], Trace] | None = None) -> CheckReport:
    """Make checks on a zip as :func:`check_zip` does, with limits on memory and time.

    Parameters
    ----------
    path
        The zip.
    checks
        The checks to make.
    run
        Runs the zip; it is called in this process.

    Raises
    ------
    CheckError
        If `path` is not a file.
    """
    if not path.is_file():
        raise CheckError(f"{path} is not a file; a submission is a zip")
    traces: list[Trace] = []

    def answer() -> Trace:
        if run is None:
            raise RuntimeError("a check asked for a run without one")
        traces.append(run(path))
        return traces[-1]

    def work(ask: Callable[[], Any]) -> bytes:
        report = check_zip(path, checks, (lambda _: ask()) if run else None)
        findings = [(one.id, one.where, one.message) for one in report.findings]
        return json.dumps([findings, report.passed, dict(report.skipped)]).encode()

    bounds = bounds_of(path.stat().st_size)
    try:
        report = _decoded(path, call_forked(work, bounds, answer))
    except ChildEnded as ended:
        report = unread(path, _NEEDS[ended.outcome].format(bounds=bounds))
    return with_run(report, traces[-1] if traces else None)


_NEEDS = {
    "crashed": "needs more than {bounds.memory_mib} MiB of memory or {bounds.cpu_s} s of the processor",
    "timeout": "did not finish in {bounds.cpu_s} s of the processor",
}


def bounds_of(n_bytes: int) -> Bounds:
    """Return the limits on the checks of a zip of that size."""
    further = min(_MOST_FURTHER_MIB, (_MEMORY_PER_BYTE * n_bytes) >> 20)
    return Bounds(_MEMORY_MIB + further, _CPU_S + n_bytes // _BYTES_PER_S)


def _decoded(path: Path, content: bytes) -> CheckReport:
    """Read the result of the other process; the names in it come from the zip, and the words from our catalogue."""
    by_id = {check.id: check for check in CHECKS}
    try:
        findings, passed, skipped = decode_json(content)
        return CheckReport(
            path,
            tuple(Finding(id_, by_id[id_].severity, by_id[id_].fault, str(w), str(m)) for id_, w, m in findings),
            tuple(by_id[id_].id for id_ in passed),
            {by_id[id_].id: str(reason) for id_, reason in skipped.items()},
        )
    except (UndecodableError, KeyError, TypeError, ValueError) as error:
        raise RuntimeError(f"the checks of {path} ended without a result: {error}") from error
