"""Temporary folders are removed by the run, or by the next one if the run is killed."""

import os
import subprocess
import sys

import pytest

from submission_builder.sandbox.scratch import scratch_folder

HOLD = """
from submission_builder.sandbox.scratch import scratch_folder
with scratch_folder():
    print(1, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def tmp(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_removed_when_its_block_ends(tmp):
    with scratch_folder() as folder:
        (folder / "file").touch()
    assert list(tmp.iterdir()) == []


def test_the_next_run_removes_the_folder_of_a_killed_run_and_leaves_that_of_a_live_one(tmp):
    held = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], env=os.environ | {"TMPDIR": str(tmp)}, stdin=held, stdout=held
    ) as other:
        other.stdout.readline()
        (its,) = tmp.iterdir()
        with scratch_folder() as mine:
            assert sorted(tmp.iterdir()) == sorted([its, mine])
        other.kill()
    assert list(tmp.iterdir()) == [its]
    with scratch_folder() as mine:
        assert list(tmp.iterdir()) == [mine]


def test_a_symbolic_link_with_the_name_of_a_folder_is_not_followed(tmp, tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept")
    (kept / "file").touch()
    (tmp / "subpack-run-x").symlink_to(kept)
    with scratch_folder():
        assert (kept / "file").exists()
