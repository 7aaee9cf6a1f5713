"""``subpack fetch``, as a user types it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from faulty_proxy import Fault, FaultyProxy
from s3_server import random_bytes, recording

from submission_builder.cli import main
from submission_builder.cli.fetch import RESUME


@pytest.fixture
def release(s3):
    contents = {"participants.tsv": b"participant_id\nsub-A\n", recording("A"): random_bytes(600_000)}
    s3.put("R7_mini_L100_bdf", contents)
    return contents


def run(*args):
    return CliRunner().invoke(main, ["fetch", *map(str, args)])


def test_a_release_is_downloaded_into_this_folder(s3, release, tmp_path):
    result = run("R7", "--mini", "--endpoint", s3.url)
    assert result.exit_code == 0, result.output
    assert "MD5 of 2 files" in result.stdout
    assert (tmp_path / "R7_mini_L100_bdf" / recording("A")).read_bytes() == release[recording("A")]


def test_tasks_are_separated_by_commas_or_repeated(s3, release):
    options = ("R7", "--mini", "--endpoint", s3.url, "--dry-run", "--json")
    result = run(*options, "--tasks", "contrastChangeDetection,nonsense")
    assert (result.exit_code, "no task nonsense" in result.stderr) == (1, True)
    result = run(*options, "--tasks", "contrastChangeDetection", "--subjects", "sub-A")
    assert json.loads(result.stdout)["releases"][0]["files"]["n_files"] == 2


def test_the_endpoint_can_be_in_the_environment(s3, release, monkeypatch):
    monkeypatch.setenv("SUBPACK_ENDPOINT", s3.url)
    assert run("R7", "--mini", "--dry-run").exit_code == 0


def test_a_wrong_name_has_a_hint(s3, release):
    result = run("R7_mini_L100", "--endpoint", s3.url)
    assert result.exit_code == 1
    assert "hint: did you mean R7_mini_L100_bdf" in result.stderr


def test_ctrl_c_ends_a_stalled_download_at_once_and_keeps_the_part(s3, release, tmp_path):
    """Exit code 130; the same command finishes the download."""
    with FaultyProxy(s3.address, lambda key, n: Fault("stall", after=300_000)) as proxy:
        command = [sys.executable, "-m", "submission_builder", "fetch", "R7", "--mini", "--endpoint", proxy.url]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
            deadline = time.monotonic() + 30
            while proxy.sent() < 300_000 and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(0.2)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
            assert time.monotonic() - began < 5
            assert process.stderr.read() == f"{RESUME}\ninterrupted\n"
    (part,) = (tmp_path / "R7_mini_L100_bdf").rglob("*.part")
    assert 0 < part.stat().st_size <= 300_000
    assert run("R7", "--mini", "--endpoint", s3.url).exit_code == 0
    assert (tmp_path / "R7_mini_L100_bdf" / recording("A")).read_bytes() == release[recording("A")]
    assert not part.exists()
