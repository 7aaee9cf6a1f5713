"""An evaluation that is ended from outside."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from archives import make_zip


@pytest.mark.hostile
@pytest.mark.parametrize("zips", [("z.zip",), ("z.zip", "y.zip", "x.zip", "--jobs", "2")], ids=["one", "many"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_an_ended_evaluation_leaves_nothing_behind(small_release, tmp_path, number, zips):
    """No process of the submission and no folder, while the submission is asleep."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for name in filter(lambda one: one.endswith(".zip"), zips):
        make_zip(tmp_path / name, top="import time; time.sleep(600)")
    command = [sys.executable, "-m", "submission_builder"]
    environment = os.environ | {"TMPDIR": str(scratch)}
    with subprocess.Popen([*command, "evaluate", *zips, "--data", str(small_release)], env=environment) as process:
        deadline = time.monotonic() + 60
        while not (logs := list(scratch.glob("subpack-run-*/*/output.log"))) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(number if logs else signal.SIGKILL)
        assert process.wait(20) == 128 + number
    assert list(scratch.iterdir()) == []
    mine = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(scratch).encode() in _content(path)]
    assert mine == []


def _content(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
