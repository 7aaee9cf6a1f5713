"""Memory and tasks of a process and its descendants, read from /proc.

Control groups would enforce limits more strictly, but ordinary users cannot create them, and in most containers root
cannot either.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_KIB = 1024


@dataclass(frozen=True)
class Usage:
    """Resources of a tree of processes at one moment."""

    tasks: int
    """Processes and threads."""
    memory: int
    """Bytes of anonymous and shared memory. A page that forks share counts once per process."""


def children(pid: int) -> list[int]:
    """List the children of a process, adopted orphans included; empty if the process has ended."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    except OSError:
        return found
    return found


def tree(pid: int, most: int) -> list[int]:
    """List a process and its descendants; stop after more than `most`, because a fork bomb never ends."""
    found = [pid]
    for one in found:  # grows during the iteration
        if len(found) > most:
            break
        found += children(one)
    return found


def usage(pids: list[int]) -> Usage:
    """Sum the resources of processes; a process that has ended counts as zero."""
    fields = [_fields(f"/proc/{pid}/status") for pid in pids]
    return Usage(
        sum(one.get("Threads", 0) for one in fields),
        sum(one.get("RssAnon", 0) + one.get("RssShmem", 0) for one in fields) * _KIB,
    )


def proportional_memory(pids: list[int]) -> int:
    """Sum the memory of processes in bytes, each shared page once; slower than :func:`usage`, and never more."""
    fields = [_fields(f"/proc/{pid}/smaps_rollup") or _fields(f"/proc/{pid}/status") for pid in pids]
    names = ("Pss_Anon", "Pss_Shmem", "RssAnon", "RssShmem")
    return sum(one.get(name, 0) for one in fields for name in names) * _KIB


def available_memory() -> int:
    """Return the bytes of memory that are available on the machine."""
    return _fields("/proc/meminfo")["MemAvailable"] * _KIB


def _fields(path: str) -> dict[str, int]:
    """Read the lines ``Name: number …`` of a file; empty if the process has ended or its file cannot be read."""
    try:
        lines = Path(path).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {name: int(words[0]) for name, _, rest in pairs if (words := rest.split()) and words[0].isdigit()}
