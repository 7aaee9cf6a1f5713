"""``subpack submit`` and ``subpack submissions``, as a user calls them, against the stub of Codabench."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from archives import make_zip
from click.testing import CliRunner
from stub import SCORES, TOKEN, serve

from submission_builder.cli import main
from submission_builder.codabench import connection, wait
from submission_builder.codabench.records import read_records
from submission_builder.codabench.token import VARIABLE

TRACEBACK = """\
Traceback (most recent call last):
  File "/app/input/res/submission.py", line 5, in <module>
    import timm
ModuleNotFoundError: No module named 'timm'
"""
PROGRAM = [sys.executable, "-m", "submission_builder"]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv(VARIABLE, TOKEN)
    monkeypatch.setattr(connection, "_PAUSES_S", (0, 0))
    monkeypatch.setattr(wait, "_SHORTEST_S", 0.01)
    with serve() as stub:
        monkeypatch.setenv("CODABENCH_URL", stub.url)
        yield stub


@pytest.fixture
def zip_(tmp_path):
    return make_zip(tmp_path / "z.zip")


def submit(*args, text=None):
    return CliRunner().invoke(main, ["submit", *map(str, args), "--static"], input=text)


def test_a_submission_shows_what_it_uses_up_and_prints_its_scores(server, zip_):
    result = submit(zip_, "--yes")
    assert result.exit_code == 0, result.stderr
    assert "this submission uses up: 1 of 5 today (UTC), this machine has sent 0" in result.stderr
    assert "phase: 20 (Final), until" in result.stderr
    assert "status: Running" in result.stderr
    assert result.stdout == "submission 701: Finished\n" + "".join(f"{key}: {value}\n" for key, value in SCORES.items())


@pytest.mark.parametrize(("answer", "n"), [("y\n", 1), ("n\n", 0), ("", 0)])
def test_the_question_decides(server, zip_, answer, n):
    result = submit(zip_, text=answer)
    assert len(server.submitted) == n
    assert result.exit_code == 1 - n
    assert ("--yes sends without a question" in result.stderr) == (answer == "")


def test_a_failed_run_exits_with_1_and_prints_its_causes(server, zip_):
    server.statuses, server.details, server.log = ["Failed"], "exit code 1", TRACEBACK
    result = submit(zip_, "--yes")
    assert result.exit_code == 1
    assert result.stdout.startswith("submission 701: Failed (exit code 1)\n")
    assert "1. S105 (error): An imported module is neither on the server nor in the zip" in result.stdout
    assert "    next: subpack check" in result.stdout


def test_a_cancelled_submission_exits_with_1(server, zip_):
    server.statuses = ["Cancelled"]
    assert submit(zip_, "--yes").exit_code == 1


def test_a_stuck_submission_exits_with_3_and_says_how_to_continue(server, zip_):
    server.statuses = ["Running"]
    result = submit(zip_, "--yes", "--wait-limit-s", 0.1)
    assert result.exit_code == 3
    assert result.stdout.endswith(f"next: subpack submit {zip_} --wait\n")


def test_no_wait_exits_with_0_and_the_next_call_continues(server, zip_):
    assert submit(zip_, "--yes", "--no-wait").exit_code == 0
    assert "Finished" in submit(zip_).stdout
    assert len(server.submitted) == 1


def test_json_holds_scores_as_text(server, zip_):
    content = json.loads(submit(zip_, "--yes", "--json").stdout)
    assert content["record"]["scores"] == SCORES
    assert (content["schema"], content["ok"], content["ended"]) == (1, True, True)


def test_the_list_shows_the_scores_of_the_server(server, zip_):
    submit(zip_, "--yes")
    result = CliRunner(env={"COLUMNS": "80"}).invoke(main, ["submissions"])
    assert result.exit_code == 0
    for name, score in SCORES.items():
        assert any(name in line and score in line for line in result.stdout.splitlines())
    assert json.loads(CliRunner().invoke(main, ["submissions", "--json"]).stdout)["submissions"][0]["local"] is None


def test_an_empty_list_says_so():
    assert CliRunner().invoke(main, ["submissions"]).stdout == "nothing was sent from this machine\n"


@pytest.mark.parametrize("text", ["[1]", "{", "@nowhere.json"])
def test_a_fact_sheet_that_is_no_object_is_wrong_usage(server, zip_, text):
    assert submit(zip_, "--fact-sheet", text).exit_code == 2


def test_a_wrong_token_and_a_missing_server_are_one_error(server, zip_, monkeypatch):
    monkeypatch.setenv(VARIABLE, "wrong")
    result = submit(zip_, "--yes")
    assert (result.exit_code, result.stderr.count("error:"), "wrong" in result.stderr) == (1, 1, False)
    result = submit(zip_, "--yes", "--site", "http://127.0.0.1:1")
    assert (result.exit_code, "it refused the connection" in result.stderr) == (1, True)


@pytest.mark.slow
def test_ctrl_c_while_waiting_keeps_the_submission_and_the_next_process_continues(server, zip_, tmp_path):
    server.statuses = ["Running"]
    command = [*PROGRAM, "submit", str(zip_), "--yes", "--static"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while server.count("GET", "/api/submissions/701/") < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"continue with: subpack submit {zip_} --wait" in said
    assert read_records()[0].status == "Running"
    assert TOKEN not in said
    server.statuses = ["Finished"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "701: Finished" in done.stdout) == (0, True)
    assert len(server.submitted) == 1


@pytest.mark.slow
def test_a_killed_process_leaves_a_submission_that_the_next_one_continues(server, zip_, tmp_path):
    server.statuses = ["Running"]
    command = [*PROGRAM, "submit", str(zip_), "--yes", "--static"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not server.count("GET", "/api/submissions/701/") and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    server.statuses = ["Finished"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, len(server.submitted)) == (0, 1)


@pytest.mark.slow
def test_a_whole_day(server, small_release, tmp_path, monkeypatch):
    """Build, check, evaluate, submit, list: every command as it is typed, in one folder."""
    monkeypatch.chdir(tmp_path)

    def subpack(*args):
        command = [*PROGRAM, *map(str, args)]
        return subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=500, check=True).stdout

    subpack("build", "--c1", "lightweight_attn", "--c2", "cnn", "-o", "submission.zip")
    assert "0 errors" in subpack("check", "submission.zip")
    subpack("evaluate", "submission.zip", "--data", small_release)
    assert f"overall: {SCORES['overall']}" in subpack("submit", "submission.zip", "--yes")
    history = json.loads(subpack("history", "submission.zip", "--json"))["entries"]
    assert [entry["command"] for entry in history] == ["record", "evaluate", "check", "build"]
    assert history[0]["detail"]["scores"] == SCORES
    (row,) = json.loads(subpack("submissions", "--json"))["submissions"]
    assert row["local"]["release"] == "SIMULATED-small"
    assert row["record"]["scores"] == SCORES
