"""LimitWatch what a child uses up, and end it where a limit is passed."""

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

_EVERY_S = 0.1
_MIB = 1 << 20


class LimitWatch(threading.Thread):
    """Looks at a child ten times a second until it passes a limit or :meth:`cancel` is called.

    Parameters
    ----------
    pid
        The process that holds the child and all that it starts: bubblewrap, or the reaper.
    folder
        Where the child may write at level ``process``.
    log
        What it prints.
    limits, level
        What it may use up, and how far it is kept apart.
    kill
        Ends the child.

    Attributes
    ----------
    breach
        The end that it made of the child.
    peak
        The most memory that was seen in use, in bytes.
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
        """Count wall time from now, unless it is counted already."""
        self._until = min(self._until, time.monotonic() + self._limits.wall_s)

    def run(self) -> None:
        """Look again and again."""
        while not self._cancelled.wait(_EVERY_S):
            try:
                self._look()
            except ChildEnded as breach:
                self.breach = breach
                self._kill()
                return

    def cancel(self) -> None:
        """Look no more."""
        self._cancelled.set()
        self.join()

    def require_little_output(self) -> None:
        """Raise ChildEnded if too much was printed."""
        if self._log.stat().st_size > self._limits.output_mib * _MIB:
            raise ChildEnded("too_much_output", f"printed more than {self._limits.output_mib} MiB")

    def _look(self) -> None:
        limits, pids = self._limits, tree(self._pid, self._limits.processes)
        self._require_few_processes_and_little_memory(pids)
        if time.monotonic() > self._until:
            raise ChildEnded("timeout", f"ran longer than {limits.wall_s:g} s")
        self.require_little_output()
        if self._written() > limits.disk_mib * _MIB:
            raise ChildEnded("too_much_output", f"wrote more than {limits.disk_mib} MiB to files")

    def _require_few_processes_and_little_memory(self, pids: list[int]) -> None:
        limits, allowed = self._limits, self._limits.memory_mib * _MIB
        many = ChildEnded("crashed", f"had more than {limits.processes} processes and threads at once")
        if len(pids) > limits.processes:
            raise many
        used = usage(pids)
        self.peak = max(self.peak, used.memory)
        if used.tasks > limits.processes:
            raise many
        if used.memory > allowed and proportional_memory(pids) > allowed:
            raise ChildEnded("out_of_memory", f"used more than {limits.memory_mib} MiB of memory")
        if available_memory() < limits.spare_mib * _MIB:
            fact = f"ran while less than {limits.spare_mib} MiB of the machine's memory were available"
            raise ChildEnded("out_of_memory", fact)

    def _written(self) -> int:
        """Bytes that lie where it may write; the process below bubblewrap sees its private folders."""
        if self._level == "process":
            return folder_size(self._folder)
        inner = children(self._pid)
        return max((_in_use(Path(f"/proc/{pid}/root"), private) for pid in inner for private in PRIVATE), default=0)


def _in_use(root: Path, mount: str) -> int:
    """Bytes in use of a file system below a process's root; none until it has a root of its own."""
    try:
        if root.samefile("/"):
            return 0
        of = os.statvfs(f"{root}{mount}")
    except OSError:  # gone, or not made yet
        return 0
    return (of.f_blocks - of.f_bfree) * of.f_frsize
