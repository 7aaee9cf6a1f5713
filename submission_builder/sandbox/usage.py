"""What a process and its descendants use, read from /proc.

Control groups would bind harder, but an ordinary user may write none, and neither may root in most containers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_KIB = 1024


@dataclass(frozen=True)
class Usage:
    """What a tree of processes holds at one moment.

    Attributes
    ----------
    tasks
        Processes and threads.
    memory
        Bytes of anonymous and shared memory. A page that a fork shares counts once for each process.
    """

    tasks: int
    memory: int


def children(pid: int) -> list[int]:
    """List the processes that a process started or inherited; none if it is gone."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    except OSError:
        return found
    return found


def tree(pid: int, most: int) -> list[int]:
    """List a process and its descendants; no further once there are more than `most`, for they may never end."""
    found = [pid]
    for one in found:  # grows while it is walked
        if len(found) > most:
            break
        found += children(one)
    return found


def usage(pids: list[int]) -> Usage:
    """Add up what processes hold; those that are gone count nothing."""
    fields = [_fields(f"/proc/{pid}/status") for pid in pids]
    return Usage(
        sum(one.get("Threads", 0) for one in fields),
        sum(one.get("RssAnon", 0) + one.get("RssShmem", 0) for one in fields) * _KIB,
    )


def proportional_memory(pids: list[int]) -> int:
    """Add up memory in bytes, a shared page once. Slower than :func:`usage`, which is never less."""
    fields = [_fields(f"/proc/{pid}/smaps_rollup") or _fields(f"/proc/{pid}/status") for pid in pids]
    names = ("Pss_Anon", "Pss_Shmem", "RssAnon", "RssShmem")
    return sum(one.get(name, 0) for one in fields for name in names) * _KIB


def available_memory() -> int:
    """Bytes of memory that the machine still gives."""
    return _fields("/proc/meminfo")["MemAvailable"] * _KIB


def folder_size(folder: Path) -> int:
    """Bytes on disk below a folder, which may change meanwhile."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_blocks * 512  # noqa: PTH118 - many at a time
            except OSError:  # gone since
                continue
    return total


def _fields(path: str) -> dict[str, int]:
    """Read the lines ``Name: number …`` of a file; none if its process is gone or its memory may not be read."""
    try:
        lines = Path(path).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {name: int(words[0]) for name, _, rest in pairs if (words := rest.split()) and words[0].isdigit()}
