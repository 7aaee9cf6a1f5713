"""Predictions that were kept are taken for the same question to the same zip, and for no other."""

import sys
from pathlib import Path

import numpy as np
import pytest

from submission_builder.protocol.windows import WindowTable
from submission_builder.releases.challenge_windows import ChallengeWindows
from submission_builder.sandbox.interpreter import Interpreter
from submission_builder.workflows.evaluate import prediction_cache as kept

OF = {"sha256": "a", "digest": "b"}
WAY = {"exact": False}
PYTHON = Interpreter(Path(sys.executable), "3.11.7", "2.8.0", ())


def question(start=(0, 200)):
    n = len(start)
    table = WindowTable(1, np.zeros(n, np.int64), np.array(start), np.ones(n, np.float32), np.array(["s"] * n))
    return ChallengeWindows(table, None)


def name(of=OF, questions=None, python=PYTHON, way=WAY):
    return kept.key(of, questions or {1: question()}, python, way)


def test_the_same_is_known_again():
    assert name() == name(dict(OF), {1: question()}, PYTHON, dict(WAY))


@pytest.mark.parametrize(
    "other",
    [
        {"of": OF | {"sha256": "c"}},
        {"of": OF | {"digest": "c"}},
        {"questions": {1: question((0, 201))}},
        {"questions": {1: question((0, 200, 400))}},
        {"questions": {2: question()}},
        {"python": Interpreter(Path("/other/python"), "3.11.7", "2.8.0", ())},
        {"python": Interpreter(PYTHON.executable, "3.10.1", "2.8.0", ())},
        {"way": {"exact": True}},
    ],
    ids=["zip", "release", "windows", "more windows", "challenge", "interpreter", "its version", "way"],
)
def test_what_differs_in_anything_is_asked_anew(other):
    assert name(**other) != name()


def test_threads_and_our_own_sources_count(monkeypatch):
    before = name()
    monkeypatch.setenv("OMP_NUM_THREADS", "77")
    assert name() != before
    monkeypatch.undo()
    assert name() == before
    monkeypatch.setattr(kept, "_ASKING", ("harness",))
    assert name() != before


def test_packages_beside_the_python_count(tmp_path):
    def beside(package):
        folder = tmp_path / package
        (folder / f"{package}.dist-info").mkdir(parents=True)
        return Interpreter(PYTHON.executable, "3.11.7", "2.8.0", (str(folder),))

    assert name(python=beside("einops-0.8.1")) != name(python=beside("einops-0.8.2"))
