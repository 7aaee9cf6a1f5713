"""Limits hold for sizes that are not what they seem, and a child without a watch is ended."""

import subprocess

import pytest

from submission_builder.sandbox import watch
from submission_builder.sandbox.child import start
from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.scratch import scratch_folder

PROGRAM = "import ctypes, os, sys, time\n{body}\ntime.sleep(60)"
DEEP = """
for _ in range({depth}):
    os.mkdir({name!r})
    os.chdir({name!r})
open("file", "w").close()
"""
ALLOCATE = "ctypes.CDLL(None).fallocate({fd}, 1, ctypes.c_long(0), ctypes.c_long(64 << 20))"  # 1: the size stays


def ended(tmp_path, body, **limits):
    """Run a program until a limit ends it; return the outcome and the fact."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(body=body))
    with (
        scratch_folder() as folder,
        start(program, tmp_path, [], folder, Limits(**{"wall_s": 20} | limits), "process") as child,
    ):
        child.send({})
        with pytest.raises(ChildEnded) as caught:
            child.receive()
        child.output()
    assert not folder.exists()
    return caught.value.outcome, caught.value.fact


@pytest.fixture(autouse=True)
def tmp(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))


@pytest.mark.parametrize(("depth", "name"), [(1600, "d"), (150, "d"), (120, "n" * 200)])
def test_folders_that_are_too_deep_end_the_run_and_are_removed(tmp_path, depth, name):
    outcome, fact = ended(tmp_path, DEEP.format(depth=depth, name=name))
    assert outcome == "too_much_output"
    assert "more than 100 folders" in fact


def test_too_many_files_end_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "MOST_FILES", 50)
    assert "more than 50 files" in ended(tmp_path, "[open(str(i), 'w').close() for i in range(200)]")[1]


@pytest.mark.parametrize("fd", ["1", "os.open('file', os.O_CREAT | os.O_WRONLY)"], ids=["output", "file"])
def test_space_beyond_the_end_of_a_file_counts(tmp_path, fd):
    outcome, _ = ended(tmp_path, f"assert {ALLOCATE.format(fd=fd)} == 0", output_mib=16, disk_mib=16)
    assert outcome == "too_much_output"


def test_a_file_of_holes_takes_no_space(tmp_path):
    outcome, _ = ended(tmp_path, "open('file', 'w').truncate(1 << 30)", disk_mib=2048, wall_s=1)
    assert outcome == "timeout"


def test_output_is_read_whatever_its_permissions(tmp_path):
    assert ended(tmp_path, "print('x', flush=True); os.fchmod(1, 0); os._exit(7)") == (
        "exited",
        "ended its process with exit code 7",
    )


def test_a_child_whose_watch_fails_is_ended(tmp_path, monkeypatch):
    def fail(*_):
        raise RecursionError("too deep")

    monkeypatch.setattr(watch, "contents", fail)
    outcome, fact = ended(tmp_path, "pass")
    assert outcome == "machine_error"
    assert "RecursionError: too deep" in fact


def test_what_a_killed_run_left_does_not_stop_the_next_one(tmp_path):
    (tmp_path / "tmp" / "subpack-run-old").mkdir()
    subprocess.run(
        [
            "python3",
            "-c",
            f"import os; os.chdir({str(tmp_path / 'tmp/subpack-run-old')!r})\n" + DEEP.format(depth=2000, name="d"),
        ],
        check=True,
    )
    with scratch_folder() as folder:
        assert [one.name for one in folder.parent.iterdir()] == [folder.name]
    assert list((tmp_path / "tmp").iterdir()) == []
