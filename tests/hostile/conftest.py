"""After every hostile submission, none of its processes, files, mounts or descriptors is left."""

import gc
import os
import time
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from submission_builder.sandbox import proof

MARK = f"hostile-{os.getpid()}-4c1d"
"""Value of TZ in the environment of every process that a test of this process starts; the sandbox passes TZ on."""


def marked_processes():
    """Processes whose environment or command line contains the mark, with the end of their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                environment, command = (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if MARK.encode() in environment + command:
                found.append((folder.name, command[-200:]))
    return found


def state(scratch):
    gc.collect()  # a caught exception refers to its frames, and these to open files
    mounts = Path("/proc/self/mountinfo").read_text()
    return sorted(scratch.iterdir()), mounts, pipes_and_shared_memory(), Path.cwd()


def pipes_and_shared_memory():
    links = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return sum(link.startswith(("pipe:", "/memfd:")) for link in links)


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory, monkeypatch):
    """No process, file, mount or descriptor is left, and the state of the parent is unchanged."""
    get_reusable_executor().shutdown(wait=True)  # idle workers of earlier tests end at any moment; loky's tracker stays
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setenv("TZ", MARK)
    proof.why_unavailable()
    before = state(scratch)
    yield
    deadline = time.monotonic() + 3
    while marked_processes() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert marked_processes() == []
    assert state(scratch) == before
