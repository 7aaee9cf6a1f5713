"""The memory through which a process gets windows: its own, and only for reading."""

import ctypes
import fcntl
import mmap
import os

import numpy as np
import pytest
from archives import WINDOWS, make_zip
from test_isolation import levels

from submission_builder.harness.package import open_package
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session
from submission_builder.harness.slots import open_slots

PROT_READ, PROT_WRITE = 1, 2

COUNT = """
import mmap, os, sys

def count():
    "Add one to the last byte of the memory of the windows, in every way that a program has."
    descriptor = int(sys.argv[5])
    size = os.fstat(descriptor).st_size
    for opened in (descriptor, os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR)):
        try:
            shared = mmap.mmap(opened, size)
            shared[-1] = shared[-1] + 1
        except OSError:
            pass
        try:
            os.pwrite(opened, bytes([os.pread(opened, 1, size - 1)[0] + 1]), size - 1)
        except OSError:
            pass
    return os.pread(descriptor, 1, size - 1)[0]

processes = count()
"""


@levels
def test_nothing_that_a_process_writes_there_reaches_the_next_process(tmp_path, level):
    """A submission that counts its processes could tell the probe from the replay."""
    path = make_zip(tmp_path / "z.zip", top=COUNT, forward="return X.new_full((len(X), 1), processes)")
    counted = []
    with open_session(open_package(path), Runtime(isolation=level)) as session:
        for _ in range(3):
            session.restart()
            session.load(1)
            counted += session.predict(WINDOWS[:1]).values.tolist()
    assert counted == [0, 0, 0]


def test_another_mapping_cannot_be_written():
    with open_slots() as (descriptor, slots):
        again = os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR)
        for one in (descriptor, again):
            with pytest.raises(PermissionError):
                mmap.mmap(one, slots.nbytes)
            with pytest.raises(PermissionError):
                os.write(one, b"x")
        os.close(again)


def test_a_mapping_for_reading_cannot_be_made_writable():
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    library.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    with open_slots() as (descriptor, slots):
        address = library.mmap(None, slots.nbytes, PROT_READ, mmap.MAP_SHARED, descriptor, 0)
        assert library.mprotect(address, slots.nbytes, PROT_READ | PROT_WRITE) == -1


def test_what_the_parent_writes_arrives():
    with open_slots() as (descriptor, slots):
        view = np.frombuffer(mmap.mmap(descriptor, slots.nbytes, prot=mmap.PROT_READ), np.float32)
        slots[1, 3] = WINDOWS[0]
        np.testing.assert_array_equal(view.reshape(slots.shape)[1, 3], WINDOWS[0])


def test_the_size_cannot_be_changed():
    with open_slots() as (descriptor, slots), pytest.raises(PermissionError):
        os.ftruncate(descriptor, slots.nbytes // 2)


def test_a_kernel_that_cannot_seal_writing_still_seals_the_size(monkeypatch):
    sealed = []

    def add_seals(_, command, seals):
        if seals & 0x10:
            raise OSError(22, "Invalid argument")
        sealed.append((command, seals))

    monkeypatch.setattr(fcntl, "fcntl", add_seals)
    with open_slots():
        assert sealed == [(fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)]
