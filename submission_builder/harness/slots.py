"""Memory that parent and child share: windows are cut straight into it and never go through a pipe."""

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
"""The parent fills one while the child reads the other."""

SLOT_WINDOWS = 64
"""Windows in a slot, and with it the largest batch."""

_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


@contextlib.contextmanager
def open_slots() -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Make the slots, in memory that has no name and is gone with its last user.

    Its size is sealed: a child that could cut it short would end the parent by SIGBUS.

    Yields
    ------
    descriptor
        What the child maps.
    slots
        The same memory, for the parent.

    Shape
    -----
    slots: ``(N_SLOTS, SLOT_WINDOWS, n_chans, n_times)``
    """
    shape = (N_SLOTS, SLOT_WINDOWS, N_CHANS, N_TIMES)
    n_bytes = int(np.prod(shape)) * np.dtype(np.float32).itemsize
    descriptor = os.memfd_create("subpack-windows", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, n_bytes)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        yield descriptor, np.frombuffer(mmap.mmap(descriptor, n_bytes), np.float32).reshape(shape)
    finally:
        os.close(descriptor)
