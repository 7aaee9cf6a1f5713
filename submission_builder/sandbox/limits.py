"""What a child may use up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on a child and everything that it starts, together.

    Attributes
    ----------
    wall_s
        Time from the first question to the end. A final run of 927 s is known to have passed on the server.
    memory_mib
        Memory of its own, shared memory among it.
    output_mib
        What it prints.
    disk_mib
        Files: each of /tmp and /dev/shm at level ``namespace``, all of its folder at level ``process``.
    processes
        Processes and threads at once.
    spare_mib
        What must stay available of the machine's memory, also where the child's share of it cannot be told.
    """

    wall_s: float = 3600.0
    memory_mib: int = 16 * 1024
    output_mib: int = 64
    disk_mib: int = 2048
    processes: int = 1024
    spare_mib: int = 256
