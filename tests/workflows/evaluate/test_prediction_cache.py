"""Cached predictions are reused for the same zip, windows and settings, and for no others."""

import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from submission_builder.harness.runtime import Runtime
from submission_builder.protocol.entry_point import SUBMISSION
from submission_builder.protocol.windows import WindowTable
from submission_builder.releases.challenge_windows import ChallengeWindows
from submission_builder.sandbox.interpreter import Interpreter
from submission_builder.sandbox.limits import Limits
from submission_builder.server.replica import Replica
from submission_builder.workflows.evaluate import prediction_cache
from submission_builder.workflows.evaluate.evaluation_set import EvaluationWindows
from submission_builder.workflows.evaluate.prediction_cache import cache_key

PYTHON = Interpreter(Path(sys.executable), "3.11.7", {"torch": "2.8.0"}, (), (), ())
OTHER = {
    "device": "cuda",
    "limits": Limits(wall_s=1),
    "isolation": "process",
    "server": "lock",
    "threads": 3,
    "exact": True,
    "use_cache": False,
}
"""Another value of each setting."""


def windows(start=(0, 200)):
    n = len(start)
    table = WindowTable(1, np.zeros(n, np.int64), np.array(start), np.ones(n, np.float32), np.array(["s"] * n))
    return ChallengeWindows(table, None)


def prepared(digest="b", **by_challenge):
    return EvaluationWindows(by_challenge.get("windows", {1: windows()}), digest, None)


@pytest.fixture
def key(monkeypatch):
    """The key, with every part replaceable."""

    def compute(sha256="a", other=None, python=PYTHON, entry=SUBMISSION, **settings):
        monkeypatch.setattr(Runtime, "replica", lambda self: Replica(self.server, python))
        monkeypatch.setattr(Runtime, "level", lambda self, _: self.isolation or "namespace")
        return cache_key(sha256, other or prepared(), Runtime(**settings), entry)

    return compute


def test_equal_inputs_have_the_same_key(key):
    assert key() == key("a", prepared(), device="cpu")


@pytest.mark.parametrize(
    "other",
    [
        {"sha256": "c"},
        {"other": prepared("c")},
        {"other": prepared(windows={1: windows((0, 201))})},
        {"other": prepared(windows={1: windows((0, 200, 400))})},
        {"other": prepared(windows={2: windows()})},
        {"python": replace(PYTHON, executable=Path("/other/python"))},
        {"python": replace(PYTHON, python="3.10.1")},
        {"entry": replace(SUBMISSION, class_name="Solver")},
    ],
    ids=["zip", "release", "windows", "more windows", "challenge", "interpreter", "its version", "entry"],
)
def test_everything_that_predictions_depend_on_changes_the_key(key, other):
    assert key(**other) != key()


@pytest.mark.parametrize("setting", fields(Runtime), ids=lambda setting: setting.name)
def test_every_setting_declares_whether_predictions_depend_on_it_and_the_key_agrees(key, setting):
    """A new field of Runtime fails here until it is declared and has another value above."""
    executable = Path("/replica/python") if setting.name == "server" else PYTHON.executable
    changed = key(python=replace(PYTHON, executable=executable), **{setting.name: OTHER[setting.name]})
    assert (changed != key()) is setting.metadata["affects_predictions"]


def test_the_environment_of_numerical_libraries_and_our_own_sources_count(key, monkeypatch):
    before = key()
    monkeypatch.setenv("OMP_NUM_THREADS", "77")
    assert key() != before
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert key() == before
    monkeypatch.setattr(prediction_cache, "_SOURCES", ("harness",))
    assert key() != before


def test_the_packages_of_the_python_count(key, tmp_path):
    def with_package(name):
        folder = tmp_path / name
        (folder / f"{name}.dist-info").mkdir(parents=True)
        return replace(PYTHON, package_folders=(str(folder),))

    assert key(python=with_package("einops-0.8.1")) != key(python=with_package("einops-0.8.2"))
