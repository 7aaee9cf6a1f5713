"""Watch the resources of a child, and end it when it exceeds a limit."""

from __future__ import annotations

import math
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.folder_tree import contents
from submission_builder.sandbox.isolation import PRIVATE
from submission_builder.sandbox.usage import (
    available_memory,
    children,
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
_BLOCK = 512
MOST_FILES = 100_000
"""Largest number of files and folders; each takes about a kilobyte of the kernel's memory."""
_MOST_DEPTH = 100


class LimitWatch(threading.Thread):
    """Checks a child against its limits ten times a second, until it exceeds one or :meth:`cancel` is called.

    Parameters
    ----------
    pid
        Process ID of the parent of the child's processes: bubblewrap, or the reaper.
    folder
        The child's folder; at level ``process``, its files count.
    output
        Descriptor of the file that takes the child's standard output and error; the child can change its permissions.
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
        self, pid: int, folder: Path, output: int, limits: Limits, level: Level, kill: Callable[[], None]
    ) -> None:
        super().__init__(daemon=True)
        self.breach: ChildEnded | None = None
        self.peak = 0
        self._pid, self._folder, self._output = pid, folder, output
        self._limits, self._level, self._kill = limits, level, kill
        self._until = math.inf
        self._cancelled = threading.Event()

    def start_clock(self) -> None:
        """Start counting wall time; later calls have no effect."""
        self._until = min(self._until, time.monotonic() + self._limits.wall_s)

    def run(self) -> None:
        """Check until a limit is exceeded or the watch is cancelled; a child without a watch is ended."""
        while not self._cancelled.wait(_INTERVAL_S):
            try:
                self._check()
            except ChildEnded as breach:
                self.breach = breach
                self._kill()
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, no limit would hold from here on
                fact = f"was ended because its limits could not be watched ({type(error).__name__}: {error})"
                self.breach = ChildEnded("machine_error", fact)
                self._kill()
                return

    def cancel(self) -> None:
        """Stop checking, and wait for the thread to end."""
        self._cancelled.set()
        self.join()

    def require_little_output(self) -> None:
        """Raise ChildEnded if the child has printed more than its limit."""
        of = os.fstat(self._output)
        if max(of.st_size, of.st_blocks * _BLOCK) > self._limits.output_mib * _MIB:
            raise ChildEnded("too_much_output", f"printed more than {self._limits.output_mib} MiB")

    def _check(self) -> None:
        limits, pids = self._limits, tree(self._pid, self._limits.processes)
        self._require_few_processes_and_little_memory(pids)
        if time.monotonic() > self._until:
            raise ChildEnded("timeout", f"ran longer than {limits.wall_s:g} s")
        self.require_little_output()
        self._require_little_on_disk()

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

    def _require_little_on_disk(self) -> None:
        """Look at the files that the child wrote; at level ``namespace``, its own processes see the private folders."""
        if self._level == "process":
            seen = contents(self._folder, MOST_FILES, _MOST_DEPTH)
            if seen.depth > _MOST_DEPTH:
                fact = f"made folders in more than {_MOST_DEPTH} folders that cannot be measured"
                raise ChildEnded("too_much_output", fact)
            if seen.closed:
                raise ChildEnded("too_much_output", "made a folder that cannot be measured")
            used = [(seen.n_bytes, seen.entries)]
        else:
            inner = children(self._pid)
            used = [_in_use(Path(f"/proc/{pid}/root"), private) for pid in inner for private in PRIVATE]
        for n_bytes, files in used:
            if n_bytes > self._limits.disk_mib * _MIB:
                raise ChildEnded("too_much_output", f"wrote more than {self._limits.disk_mib} MiB to files")
            if files > MOST_FILES:
                raise ChildEnded("too_much_output", f"made more than {MOST_FILES:,} files and folders")


def _in_use(root: Path, mount: str) -> tuple[int, int]:
    """Return bytes and files on a private folder of a process; 0 before it has its own root, or if it cannot write."""
    try:
        if root.samefile("/"):
            return 0, 0
        of = os.statvfs(f"{root}{mount}")
    except OSError:  # the process has ended, or the mount does not exist yet
        return 0, 0
    if of.f_flag & os.ST_RDONLY:
        return 0, 0
    return (of.f_blocks - of.f_bfree) * of.f_frsize, of.f_files - of.f_ffree
