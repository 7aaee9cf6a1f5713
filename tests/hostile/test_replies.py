"""Each reply of cases/replies, which a submission can write itself, gives the outcome that its file says."""

import re
import tomllib
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from submission_builder.base.errors import SubmissionError
from submission_builder.harness.session import Session
from submission_builder.sandbox.child import start
from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.scratch import scratch_folder

pytestmark = pytest.mark.hostile

CASES = {path.stem: path for path in sorted((Path(__file__).parent / "cases" / "replies").glob("*.toml"))}
PROGRAM = """
import os, sys, time
os.read(int(sys.argv[1]), 1 << 16)
content = open(sys.argv[4], "rb").read()
while content:
    content = content[os.write(int(sys.argv[2]), content):]
time.sleep(60)
"""
WINDOWS = np.zeros((3, 1, 1), np.float32)


def ended(ask, content, folder):
    """Return outcome and message of a request to a process that replies with these bytes."""
    (folder / "reply").write_bytes(content)
    (folder / "program.py").write_text(PROGRAM)
    with scratch_folder() as scratch:

        @contextmanager
        def start_child(_):
            arguments = [str(folder / "reply")]
            with start(folder / "program.py", folder, arguments, scratch, Limits(wall_s=20), "process") as child:
                yield child, np.zeros((2, 64, 1, 1), np.float32)

        with closing(Session(start_child, "process")) as session:
            session.restart()
            try:
                session.predict(WINDOWS) if ask == "predict" else session.report()
            except SubmissionError as error:
                return error.outcome, str(error)
    return "scored", ""


@pytest.mark.parametrize("path", CASES.values(), ids=CASES)
def test_a_reply_gives_its_outcome(tmp_path, path):
    """At every level of isolation the same code reads the replies; this process has the weaker one."""
    case = tomllib.loads(path.read_text())
    content = bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode("utf-8", "surrogatepass")
    content = content * case.get("times", 1) + case.get("tail", "").encode()
    outcome, message = ended(case["ask"], content, tmp_path)
    assert outcome == case["expected"]["outcome"], message
    assert re.search(case["expected"]["says"], message)
    assert len(message) < 10_000
    message.encode()
