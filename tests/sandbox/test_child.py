"""The child process: spoken to in JSON, and gone when the block ends."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from submission_builder.sandbox import launch
from submission_builder.sandbox.child import start
from submission_builder.sandbox.child_ended import ChildEnded
from submission_builder.sandbox.limits import Limits

ECHO = """
import json, os, subprocess, sys
asked, prediction = os.fdopen(int(sys.argv[1]), "rb"), os.fdopen(int(sys.argv[2]), "wb")
for line in iter(asked.readline, b""):
    message = json.loads(line)
    {body}
    prediction.write(json.dumps({{"got": message, "argument": sys.argv[4:]}}).encode() + b"\\n")
    prediction.flush()
"""


@pytest.fixture
def started(tmp_path):
    """Start a program that echoes, with a line of its own."""

    def make(body="pass", level="process", **limits):
        program = tmp_path / "program.py"
        program.write_text(ECHO.format(body=body))
        (tmp_path / "run").mkdir()
        return start(program, tmp_path, ["argument"], tmp_path / "run", Limits(**limits), level)

    return make


def ask(child, message):
    child.send(message)
    return child.receive()


def test_messages_and_arguments_arrive(started):
    with started() as child:
        assert ask(child, {"text": "µ" * (1 << 16)}) == {"got": {"text": "µ" * (1 << 16)}, "argument": ["argument"]}
        assert ask(child, {})["got"] == {}


def test_answers_come_in_the_order_of_the_messages(started):
    with started() as child:
        for i in range(3):
            child.send({"i": i})
        assert [child.receive()["got"]["i"] for _ in range(3)] == [0, 1, 2]


def test_what_is_sent_to_a_child_that_is_gone_is_a_broken_pipe(started):
    with started("sys.exit(3)") as child:
        child.send({})
        with pytest.raises(ChildEnded):
            child.receive()
        with pytest.raises(BrokenPipeError):
            child.send({})


def test_what_is_printed_is_kept_apart(started):
    with started("print('hello', flush=True)") as child:
        ask(child, {})
        assert child.output() == "hello"


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter where it ends while it is read
        return False


def test_what_the_child_started_is_ended_with_it(started):
    with started("print(subprocess.Popen(['sleep', '600']).pid, flush=True)") as child:
        ask(child, {})
        pid = int(child.output())
        assert alive(pid)
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


@pytest.mark.parametrize(
    ("body", "outcome", "fact"),
    [
        ("sys.exit(3)", "exited", "exit code 3"),
        ("os._exit(0)", "exited", "exit code 0"),
        ("os.kill(os.getpid(), 11)", "crashed", "SIGSEGV"),
    ],
)
def test_an_end_before_the_answer_is_told(started, body, outcome, fact):
    with started(body) as child, pytest.raises(ChildEnded) as caught:
        ask(child, {})
    assert (caught.value.outcome, fact in caught.value.fact) == (outcome, True)


def test_a_child_that_never_reads_is_timed_out(started):
    """Even while the parent is still writing into a full pipe."""
    with started("import time; time.sleep(600)", wall_s=2) as child, pytest.raises(ChildEnded) as caught:
        ask(child, {"text": "x" * (8 << 20)})
    assert caught.value.outcome == "timeout"


def test_the_child_dies_with_its_parent(tmp_path):
    """Also when the parent is killed and can clean nothing up."""
    program = tmp_path / "program.py"
    program.write_text("import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    (tmp_path / "run").mkdir()
    parent = f"""
import time
from pathlib import Path
from submission_builder.sandbox.child import start
from submission_builder.sandbox.limits import Limits
folder = Path({str(tmp_path)!r})
with start(folder / "program.py", folder, [], folder / "run", Limits(), "process"):
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        log, deadline = tmp_path / "run" / "output.log", time.monotonic() + 20
        while not (log.exists() and log.read_text().strip()) and time.monotonic() < deadline:
            time.sleep(0.05)
        pid = int(log.read_text())
        assert alive(pid)
        process.kill()
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


@pytest.mark.parametrize("orphaned", [False, True])
def test_nothing_runs_for_a_parent_that_was_killed_before_it_could_be_watched(orphaned):
    asked, ask = os.pipe()
    if orphaned:
        os.close(ask)
    command = [sys.executable, launch.__file__, str(asked), "1000", "1", "0", sys.executable, "-c", "print('ran')"]
    done = subprocess.run(command, pass_fds=[asked], capture_output=True, text=True, check=False)
    os.close(asked)
    if not orphaned:
        os.close(ask)
    assert (done.stdout, done.returncode) == (("", 1) if orphaned else ("ran\n", 0))


def test_memory_that_no_process_holds_is_seen_by_what_the_machine_has_left(started, monkeypatch):
    """A file that lies in memory alone counts for nobody once it is not mapped."""
    limits = Limits(memory_mib=4000)
    monkeypatch.setattr("submission_builder.sandbox.watch.available_memory", lambda: (limits.spare_mib - 1) << 20)
    with started("import time; time.sleep(600)", memory_mib=4000) as child, pytest.raises(ChildEnded) as caught:
        ask(child, {})
    assert caught.value.outcome == "out_of_memory"
    assert "less than 256 MiB of the machine's memory" in caught.value.fact


def test_no_descriptor_is_left_open(started):
    before = len(list(Path("/proc/self/fd").iterdir()))
    with started() as child:
        ask(child, {})
    assert len(list(Path("/proc/self/fd").iterdir())) == before
