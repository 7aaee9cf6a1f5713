"""What a child may use up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on a child process.

    Attributes
    ----------
    wall_s
        Time from start to end. A final run of 927 s is known to have passed on the server.
    memory_mib
        Private writable memory (RLIMIT_DATA).
    file_mib
        Size of any one file that the child writes, its output among them (RLIMIT_FSIZE).
    """

    wall_s: float = 3600.0
    memory_mib: int = 16 * 1024
    file_mib: int = 64
