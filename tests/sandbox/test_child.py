"""The child process: it exchanges JSON messages, and ends with its block."""

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
requests, replies = os.fdopen(int(sys.argv[1]), "rb"), os.fdopen(int(sys.argv[2]), "wb")
for line in iter(requests.readline, b""):
    message = json.loads(line)
    {body}
    replies.write(json.dumps({{"got": message, "argument": sys.argv[4:]}}).encode() + b"\\n")
    replies.flush()
"""


@pytest.fixture
def started(tmp_path):
    """Start a program that runs a line of code and echoes its requests."""

    def make(body="pass", level="process", **limits):
        program = tmp_path / "program.py"
        program.write_text(ECHO.format(body=body))
        (tmp_path / "run").mkdir()
        return start(program, tmp_path, ["argument"], tmp_path / "run", Limits(**limits), level)

    return make


def request(child, message):
    child.send(message)
    return child.receive()


def test_messages_and_arguments_arrive(started):
    with started() as child:
        assert request(child, {"text": "µ" * (1 << 16)}) == {"got": {"text": "µ" * (1 << 16)}, "argument": ["argument"]}
        assert request(child, {})["got"] == {}


def test_replies_come_in_the_order_of_the_requests(started):
    with started() as child:
        for i in range(3):
            child.send({"i": i})
        assert [child.receive()["got"]["i"] for _ in range(3)] == [0, 1, 2]


def test_sending_to_a_child_that_has_ended_is_a_broken_pipe(started):
    with started("sys.exit(3)") as child:
        child.send({})
        with pytest.raises(ChildEnded):
            child.receive()
        with pytest.raises(BrokenPipeError):
            child.send({})


def test_the_output_of_the_child_is_logged(started):
    with started("print('hello', flush=True)") as child:
        request(child, {})
        assert child.output() == "hello"


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter if the process ends during the read
        return False


def test_the_descendants_of_the_child_end_with_it(started):
    with started("print(subprocess.Popen(['sleep', '600']).pid, flush=True)") as child:
        request(child, {})
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
def test_the_end_of_a_child_without_a_reply_is_explained(started, body, outcome, fact):
    with started(body) as child, pytest.raises(ChildEnded) as caught:
        request(child, {})
    assert (caught.value.outcome, fact in caught.value.fact) == (outcome, True)


def test_a_child_that_never_reads_exceeds_the_time_limit(started):
    """Also while the parent is writing into a full pipe."""
    with started("import time; time.sleep(600)", wall_s=2) as child, pytest.raises(ChildEnded) as caught:
        request(child, {"text": "x" * (8 << 20)})
    assert caught.value.outcome == "timeout"


def test_the_child_dies_with_its_parent(tmp_path):
    """Also when the parent is killed and cannot clean up."""
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
def test_the_program_does_not_start_if_the_parent_has_already_been_killed(orphaned):
    requests, writing_end = os.pipe()
    if orphaned:
        os.close(writing_end)
    command = [sys.executable, launch.__file__, str(requests), "1000", "1", "0", sys.executable, "-c", "print('ran')"]
    done = subprocess.run(command, pass_fds=[requests], capture_output=True, text=True, check=False)
    os.close(requests)
    if not orphaned:
        os.close(writing_end)
    assert (done.stdout, done.returncode) == (("", 1) if orphaned else ("ran\n", 0))


def test_memory_that_belongs_to_no_process_is_limited_through_the_memory_available_on_the_machine(started, monkeypatch):
    """A memfd file that no process maps counts for no process."""
    limits = Limits(memory_mib=4000)
    monkeypatch.setattr("submission_builder.sandbox.watch.available_memory", lambda: (limits.spare_mib - 1) << 20)
    with started("import time; time.sleep(600)", memory_mib=4000) as child, pytest.raises(ChildEnded) as caught:
        request(child, {})
    assert caught.value.outcome == "out_of_memory"
    assert "less than 256 MiB of the machine's memory" in caught.value.fact


def test_no_descriptor_is_left_open(tmp_path):
    """In a process of its own, because threads of other tests open and close files."""
    (tmp_path / "program.py").write_text(ECHO.format(body="pass"))
    (tmp_path / "run").mkdir()
    program = f"""
import os
from pathlib import Path
from submission_builder.sandbox.child import start
from submission_builder.sandbox.limits import Limits
folder = Path({str(tmp_path)!r})
def open_files():
    links = [f"/proc/self/fd/{{one}}" for one in os.listdir("/proc/self/fd")]
    return sorted(os.readlink(link) for link in links if os.path.lexists(link))  # the listing's own is closed
before = open_files()
with start(folder / "program.py", folder, [], folder / "run", Limits(), "process") as child:
    child.send({{}})
    child.receive()
    assert len(open_files()) > len(before)
assert open_files() == before, (before, open_files())
"""
    subprocess.run([sys.executable, "-c", program], check=True)
