"""Gates: an overall score against a limit, and against another zip."""

from pathlib import Path

import numpy as np
import pytest

from submission_builder.base.errors import SubmissionError
from submission_builder.scores.interval import difference, over_subjects
from submission_builder.scores.jackknife import jackknife
from submission_builder.workflows.evaluate.evaluation import Evaluation, RunSummary
from submission_builder.workflows.evaluate.gate import judge

RUN = RunSummary("cpu", {}, 0.0)
SUBJECTS = np.repeat([f"S{i}" for i in range(30)], 20)
TARGET = np.random.default_rng(0).normal(size=600)


def scored(name, noise, seed=1, subjects=SUBJECTS):
    """An evaluation whose overall score is that of one challenge."""
    predictions = TARGET + np.random.default_rng(seed).normal(scale=noise, size=600)
    score = jackknife(TARGET, predictions, subjects)
    value = float(np.sqrt(np.mean((TARGET - predictions) ** 2)) / TARGET.std())
    return Evaluation(
        Path(name), "final", RUN, overall=value, over_subjects=over_subjects(score, 1.0) if score else None
    )


def failed(name, outcome):
    return Evaluation(Path(name), "final", RUN, outcome=outcome, error=SubmissionError("it broke", outcome=outcome))


def gate(evaluation, **conditions):
    (one,) = judge(evaluation, **conditions).gates
    return one


def test_without_conditions_there_is_no_gate():
    assert judge(scored("a.zip", 0.5)).gates == ()


@pytest.mark.parametrize(("above", "passed"), [(-1e-9, True), (0.0, True), (1e-9, False)])
def test_a_score_above_the_limit_fails_unrounded(above, passed):
    one = scored("a.zip", 0.5)
    assert gate(one, limit=one.overall - above).passed is passed


def test_only_a_difference_that_is_shown_fails():
    """The interval is that of the paired difference over subjects."""
    better, worse, alike = scored("b.zip", 0.5), scored("w.zip", 0.8), scored("c.zip", 0.5, seed=2)
    shown = difference(worse.over_subjects.jackknife, better.over_subjects.jackknife)
    assert shown.interval[0] > 0
    found = gate(worse, reference=better)
    assert found.passed is False
    assert found.message.startswith(f"worse: difference {shown.value:+.5f}, 95 % interval {shown.interval[0]:+.5f}")
    assert gate(better, reference=worse).message.startswith("better: difference -")
    low, high = difference(alike.over_subjects.jackknife, better.over_subjects.jackknife).interval
    assert low < 0 < high
    for one, other in ((alike, better), (better, alike), (better, better)):
        found = gate(one, reference=other)
        assert found.passed is True
        assert found.message.startswith("not shown to be worse: difference ")
        assert "80 % power" in found.message


def test_too_few_subjects_show_nothing_and_the_message_says_so():
    few = np.repeat(["S1", "S2", "S3", "S4"], 150)
    found = gate(scored("w.zip", 0.9, subjects=few), reference=scored("b.zip", 0.1, subjects=few))
    assert found.passed is True
    assert "no interval, as it needs at least 5 subjects" in found.message


def test_a_release_without_an_overall_score_fails():
    nothing = Evaluation(Path("a.zip"), "final", RUN)
    for conditions in ({"limit": 1.0}, {"reference": scored("b.zip", 0.5)}):
        assert gate(nothing, **conditions).passed is False
    assert gate(scored("b.zip", 0.5), reference=nothing).passed is False


def test_a_zip_that_was_not_scored_leaves_the_gate_undecided():
    broken, fine = failed("broken.zip", "crashed"), scored("b.zip", 0.5)
    for found in (gate(broken, limit=1.0), gate(broken, reference=fine), gate(fine, reference=broken)):
        assert found.passed is None
        assert found.message == "not decided: broken.zip has no score (crashed)"
    assert not judge(broken, limit=0.0).failed
    assert judge(fine, limit=0.0, reference=broken).failed
