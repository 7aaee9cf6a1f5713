"""Local replays of a zip, which a diagnosis compares with the log."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from submission_builder.base.cache import cache_folder
from submission_builder.harness.runtime import Runtime
from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.outcomes import OUTCOMES
from submission_builder.server.images import IMAGES
from submission_builder.server.replica import installed_replica
from submission_builder.workflows.check import LIMIT_S
from submission_builder.workflows.synthetic_run import run_on_synthetic_windows

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.base.progress import Progress
    from submission_builder.checks.trace import Trace
    from submission_builder.logs.causes import LogReading

_COMPARED_CHARS = 200


def replay_locally(path: Path, runtime: Runtime | None, progress: Progress) -> tuple[Trace, ...]:
    """Run a zip on synthetic windows: as `runtime` says, or under each replica, or else under the Python of subpack."""
    if runtime is None:
        runtime = Runtime(limits=Limits(wall_s=LIMIT_S))
        installed = [name for name, image in IMAGES.items() if installed_replica(image, cache_folder())]
        runtimes = [replace(runtime, server=name) for name in installed] or [runtime]
    else:
        runtimes = [runtime]
    traces = []
    for i, one in enumerate(runtimes):
        progress("local replays", i, len(runtimes))
        traces.append(run_on_synthetic_windows(path, one))
    progress("local replays", len(runtimes), len(runtimes))
    return tuple(traces)


def is_local(trace: Trace) -> bool:
    """Whether a replay failed for a reason that only this machine has."""
    return OUTCOMES[trace.outcome].fault == "machine"


def same_error(trace: Trace, reading: LogReading) -> bool:
    """Whether a replay failed with the exception that ended the run on the server."""
    if reading.last is None or trace.outcome == "scored":
        return False
    first = _without_folders(reading.last.summary.partition("\n")[0])[:_COMPARED_CHARS]
    return first in _without_folders(trace.message)


def _without_folders(text: str) -> str:
    """Return a text with the names of files alone: the server has them in other folders."""
    return re.sub(r"(?<![\w.])/(?:[^\s'\"():]+/)+", "", text)


def described(trace: Trace) -> str:
    """Name the Python and the packages of a replay."""
    return f"the local replay under {trace.ran}" if trace.ran else "the local replay"
