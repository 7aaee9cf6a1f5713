"""The parent is killed at ten random moments: no incomplete file is used, and no process continues."""

import json
import os
import random
import subprocess
import sys
import time

import pytest
from archives import make_zip

pytestmark = pytest.mark.hostile

SUBPACK = [sys.executable, "-m", "submission_builder"]


def evaluate(folder, release, **options):
    """Start an evaluation with its cache, temporary files and result in a folder."""
    command = [*SUBPACK, "evaluate", str(folder.parent / "z.zip"), "--data", str(release)]
    environment = os.environ | {"SUBPACK_CACHE": str(folder / "cache"), "TMPDIR": str(folder)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*command, "--json", str(folder / "score.json")], env=environment, **quiet, **options)


def result(folder):
    content = json.loads((folder / "score.json").read_text())
    return content["outcome"], content["scores"], content["challenges"]


def test_no_store_and_no_result_is_incomplete(small_release, tmp_path):
    make_zip(tmp_path / "z.zip")
    whole = tmp_path / "whole"
    whole.mkdir()
    began = time.monotonic()
    assert evaluate(whole, small_release).wait(timeout=120) == 0
    duration = time.monotonic() - began
    rng = random.Random(6)
    for i in range(10):
        folder = tmp_path / str(i)
        folder.mkdir()
        with evaluate(folder, small_release) as process:
            time.sleep(duration * (i + rng.random()) / 10)
            process.kill()
        if (folder / "score.json").exists():
            assert result(folder) == result(whole)
        assert evaluate(folder, small_release).wait(timeout=120) == 0
        assert result(folder) == result(whole)
        left = {one.name for one in folder.iterdir() if not one.name.startswith(".score.json.")}
        assert left == {"cache", "score.json"}
