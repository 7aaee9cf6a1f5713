"""Evaluate Python expressions in a child at level ``namespace``; ``content`` reads a file, or returns None."""

import pytest

from submission_builder.sandbox.child import start
from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.proof import why_unavailable

PROGRAM = """
import json, os, sys
from pathlib import Path
def content(path):
    try:
        return Path(path).read_text()
    except OSError:
        return None
requests, replies = os.fdopen(int(sys.argv[1]), "rb"), os.fdopen(int(sys.argv[2]), "wb")
for line in iter(requests.readline, b""):
    reply = {"value": eval(json.loads(line)["expression"])}
    replies.write(json.dumps(reply).encode() + b"\\n")
    replies.flush()
"""


@pytest.fixture
def evaluate_inside(tmp_path_factory):
    """A function that evaluates an expression in a child; skips where the level is unavailable."""
    if reason := why_unavailable():
        pytest.skip(f"needs isolation namespace: {reason}")

    def evaluate(expression, interpreter=None, view=None):
        folder = tmp_path_factory.mktemp("inside")
        (folder / "program.py").write_text(PROGRAM)
        (folder / "submission").mkdir()
        (folder / "run").mkdir()
        where = folder / "program.py", folder / "submission", [], folder / "run"
        with start(*where, Limits(wall_s=20), "namespace", interpreter=interpreter, view=view) as child:
            child.send({"expression": expression})
            return child.receive()["value"]

    return evaluate
