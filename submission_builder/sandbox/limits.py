"""Limits on the resources of a child process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on a child and all its descendants together.

    Examples
    --------
    >>> import submission_builder as sb
    >>> sb.Limits(wall_s=600).memory_mib
    16384
    """

    wall_s: float = 3600.0
    """Wall time from the first request to the end. A final run of 927 s is known to have passed on the server."""
    memory_mib: int = 16 * 1024
    """Anonymous and shared memory."""
    output_mib: int = 64
    """Size of standard output and standard error together."""
    disk_mib: int = 2048
    """Size of the files: in each of /tmp and /dev/shm at level ``namespace``, in the child's folder at ``process``."""
    processes: int = 1024
    """Number of processes and threads at one moment."""
    spare_mib: int = 256
    """Memory of the machine that must stay available; covers memory that belongs to no process, such as memfd files."""
