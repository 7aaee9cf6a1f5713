"""Watch the resources of a child, and end it when it exceeds a limit."""

from __future__ import annotations

import math
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.isolation import PRIVATE
from submission_builder.sandbox.usage import (
    available_memory,
    children,
    folder_size,
    proportional_memory,
    tree,
    usage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.sandbox.isolation import Level
    from submission_builder.sandbox.limits import Limits

_INTERVAL_S = 0.1
_MIB = 1 << 20


class LimitWatch(threading.Thread):
    """Checks a child against its limits ten times a second, until it exceeds one or :meth:`cancel` is called.

    Parameters
    ----------
    pid
        Process ID of the parent of the child's processes: bubblewrap, or the reaper.
    folder
        The child's folder; at level ``process``, its files count.
    log
        File that takes the child's standard output and error.
    limits
        Limits on resources.
    level
        Isolation level.
    kill
        Ends the child.

    Attributes
    ----------
    breach
        The limit that the child exceeded, as the exception to raise; None so far.
    peak
        Largest memory seen so far, in bytes.
    """

    def __init__(
        self, pid: int, folder: Path, log: Path, limits: Limits, level: Level, kill: Callable[[], None]
    ) -> None:
        super().__init__(daemon=True)
        self.breach: ChildEnded | None = None
        self.peak = 0
        self._pid, self._folder, self._log = pid, folder, log
        self._limits, self._level, self._kill = limits, level, kill
        self._until = math.inf
        self._cancelled = threading.Event()

    def start_clock(self) -> None:
        """Start counting wall time; later calls have no effect."""
        self._until = min(self._until, time.monotonic() + self._limits.wall_s)

    def run(self) -> None:
        """Check until a limit is exceeded or the watch is cancelled."""
        while not self._cancelled.wait(_INTERVAL_S):
            try:
                self._check()
            except ChildEnded as breach:
                self.breach = breach
                self._kill()
                return

    def cancel(self) -> None:
        """Stop checking, and wait for the thread to end."""
        self._cancelled.set()
        self.join()

    def require_little_output(self) -> None:
        """Raise ChildEnded if the child has printed more than its limit."""
        if self._log.stat().st_size > self._limits.output_mib * _MIB:
            raise ChildEnded("too_much_output", f"printed more than {self._limits.output_mib} MiB")

    def _check(self) -> None:
        limits, pids = self._limits, tree(self._pid, self._limits.processes)
        self._require_few_processes_and_little_memory(pids)
        if time.monotonic() > self._until:
            raise ChildEnded("timeout", f"ran longer than {limits.wall_s:g} s")
        self.require_little_output()
        if self._written() > limits.disk_mib * _MIB:
            raise ChildEnded("too_much_output", f"wrote more than {limits.disk_mib} MiB to files")

    def _require_few_processes_and_little_memory(self, pids: list[int]) -> None:
        limits, allowed = self._limits, self._limits.memory_mib * _MIB
        too_many = ChildEnded("crashed", f"had more than {limits.processes} processes and threads at once")
        if len(pids) > limits.processes:
            raise too_many
        used = usage(pids)
        self.peak = max(self.peak, used.memory)
        if used.tasks > limits.processes:
            raise too_many
        if used.memory > allowed and proportional_memory(pids) > allowed:
            raise ChildEnded("out_of_memory", f"used more than {limits.memory_mib} MiB of memory")
        if available_memory() < limits.spare_mib * _MIB:
            fact = f"ran while less than {limits.spare_mib} MiB of the machine's memory were available"
            raise ChildEnded("out_of_memory", fact)

    def _written(self) -> int:
        """Return the bytes of files that the child wrote; bubblewrap's child sees the private folders."""
        if self._level == "process":
            return folder_size(self._folder)
        inner = children(self._pid)
        return max((_in_use(Path(f"/proc/{pid}/root"), private) for pid in inner for private in PRIVATE), default=0)


def _in_use(root: Path, mount: str) -> int:
    """Return the bytes in use on a private folder of a process; 0 before it has its own root, or if it cannot write."""
    try:
        if root.samefile("/"):
            return 0
        of = os.statvfs(f"{root}{mount}")
    except OSError:  # the process has ended, or the mount does not exist yet
        return 0
    return 0 if of.f_flag & os.ST_RDONLY else (of.f_blocks - of.f_bfree) * of.f_frsize
