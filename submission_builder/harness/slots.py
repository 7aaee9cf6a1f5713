"""Memory that parent and child share: the parent copies windows into it, so that none passes through a pipe."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.protocol.challenges import N_CHANS, N_TIMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

N_SLOTS = 2
"""The parent fills one slot while the child reads the other."""

SLOT_WINDOWS = 64
"""Windows in a slot, and the largest batch size."""

_SIZE = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
_F_SEAL_FUTURE_WRITE = 0x10  # linux/fcntl.h; not in Python's fcntl


@contextlib.contextmanager
def open_slots() -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Create the slots in an anonymous memory file, which the kernel frees with its last user.

    Every child process gets slots of its own, so that nothing passes from one to the next. The size is sealed: a child
    that could shrink the file would end the parent with SIGBUS. Writing is sealed too, except through the parent's
    mapping: a child can only read.

    Yields
    ------
    descriptor
        File descriptor that the child maps, for reading.
    slots
        The same memory, as the parent's array.

    Shape
    -----
    slots: ``(N_SLOTS, SLOT_WINDOWS, n_chans, n_times)``
    """
    shape = (N_SLOTS, SLOT_WINDOWS, N_CHANS, N_TIMES)
    n_bytes = int(np.prod(shape)) * np.dtype(np.float32).itemsize
    descriptor = os.memfd_create("subpack-windows", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, n_bytes)
        memory = mmap.mmap(descriptor, n_bytes)
        _seal(descriptor)
        yield descriptor, np.frombuffer(memory, np.float32).reshape(shape)
    finally:
        os.close(descriptor)


def _seal(descriptor: int) -> None:
    """Fix the size, and refuse writing to all but the parent's mapping, as far as the kernel can (Linux 5.1)."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SIZE | _F_SEAL_FUTURE_WRITE | fcntl.F_SEAL_SEAL)
    except OSError:  # the kernel does not know the last seal: the child then spoils its own windows at most
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SIZE | fcntl.F_SEAL_SEAL)
