"""Submissions that misbehave on purpose: each ends in the outcome that its file says, and the parent continues.

A file in ``cases/submissions`` has the code of a submission, and its outcome at each level of isolation. A case without
an outcome at level ``process`` is not run there: this level has no barrier between the submission and the machine.
"""

import re
import time
import tomllib
from pathlib import Path

import pytest
from archives import make_zip
from test_replay import failure, run

from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.proof import why_unavailable
from submission_builder.sandbox.usage import available_memory

pytestmark = pytest.mark.hostile

LIMITS = Limits(wall_s=20, memory_mib=1500, output_mib=8, disk_mib=64, processes=100)
GRACE_S = 5
IMPORTS = "import ctypes, fcntl, json, os, resource, signal, socket, subprocess, sys, tempfile, threading, time"
FORGE = """def forge(text, then="time.sleep(600)"):
    os.write(int(sys.argv[2]), text.encode() if isinstance(text, str) else text)
    exec(then)"""
UNMAPPED = """def unmapped():
    for i in range(80):
        file = os.memfd_create("kept")
        for _ in range(32):
            os.write(file, os.urandom(1 << 20))
    time.sleep(600)"""
FORGED = '{"predictions": %s, "shapes": [[1, 1]]}\\n'
NAMESPACE = pytest.mark.skipif(why_unavailable() is not None, reason=f"needs isolation namespace: {why_unavailable()}")


def cases():
    """Yield a case and a level for each expectation of each file."""
    for path in sorted((Path(__file__).parent / "cases" / "submissions").glob("*.toml")):
        case = tomllib.loads(path.read_text())
        for level in case["expected"]:
            marks = [NAMESPACE] if level == "namespace" else []
            yield pytest.param(case, level, id=f"{path.stem}-{level}", marks=marks)


@pytest.mark.parametrize(("case", "level"), list(cases()))
def test_a_hostile_submission_ends_in_its_outcome(tmp_path, case, level):
    """Within five seconds of the time limit. The parent runs the assertions, so it is alive."""
    outcome, says = case["expected"][level]["outcome"], case["expected"][level]["says"]
    top = "\n".join([IMPORTS, FORGE, f"FORGED = '{FORGED}'", case["submission"].get("top", "")])
    path = make_zip(tmp_path / "z.zip", **case["submission"] | {"top": top})
    limits = Limits(**vars(LIMITS) | {"wall_s": 6 if outcome == "timeout" else LIMITS.wall_s})
    began = time.monotonic()
    if outcome == "scored":
        assert run(path, limits, level=level).predictions[1].tolist() == pytest.approx([1.6] * 3)
    else:
        error = failure(path, limits, level=level)
        assert re.fullmatch(outcome, error.outcome), f"{error.outcome}: {error}"
        assert re.search(says, str(error)), str(error)
        assert len(str(error)) < 10_000
        str(error).encode()
    assert time.monotonic() - began < limits.wall_s + GRACE_S


@NAMESPACE
def test_memory_that_no_process_maps_is_limited_through_the_memory_available_on_the_machine(tmp_path):
    """2.5 GiB of memfd files, with a limit of 1.5 GiB of further memory."""
    path = make_zip(tmp_path / "z.zip", top=f"{IMPORTS}\n{UNMAPPED}", forward="unmapped()")
    limits = Limits(**vars(LIMITS) | {"spare_mib": (available_memory() >> 20) - 1500})
    error = failure(path, limits, level="namespace")
    assert error.outcome == "out_of_memory"
    assert "of the machine's memory" in str(error)
