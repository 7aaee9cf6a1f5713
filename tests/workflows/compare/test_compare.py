"""The verb compare: order, paired differences, refusals, the plan and the members of ensembles."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

import submission_builder as sb
from submission_builder.base.errors import ConfigError, ScoreError
from submission_builder.report.comparison_terminal import show_comparison
from submission_builder.scores.interval import difference
from submission_builder.workflows.compare.compare import compare_evaluations, paired_differences
from submission_builder.workflows.compare.plan import Action


@pytest.fixture
def three(evaluation):
    """A good zip, a zip that differs from it by noise alone, and one that is clearly worse."""
    return [
        evaluation("worse.zip", 0.1, seed=1),
        evaluation("good.zip", 0.5, noise=0.2, seed=2),
        evaluation("similar.zip", 0.5, noise=0.2, seed=3),
    ]


def test_the_lowest_score_is_first_and_differences_are_paired(three):
    found = sb.compare(three)
    assert [str(one.path) for one in found.candidates][-1] == "worse.zip"
    best, second, worse = found.candidates
    assert best.to_best == {}
    assert not second.to_best["overall"].shown
    assert worse.to_best["overall"].shown
    by_hand = difference(worse.evaluation.over_subjects.jackknife, best.evaluation.over_subjects.jackknife)
    assert worse.to_best["overall"] == by_hand == paired_differences(worse.evaluation, best.evaluation)["overall"]
    assert worse.to_best["overall"].value == pytest.approx(worse.scores["overall"] - best.scores["overall"])
    assert json.loads(json.dumps(found.to_dict()))["candidates"][2]["to_best"]["overall"]["shown"] is True


def test_the_plan_submits_what_may_be_best_while_submissions_are_left(three):
    def actions(left):
        return [advice.action for advice in sb.compare(three, left_today=left).plan]

    assert actions(None) == actions(2) == [Action.SUBMIT, Action.SUBMIT, Action.HOLD]
    assert actions(1) == [Action.SUBMIT, Action.HOLD, Action.HOLD]
    assert actions(0) == [Action.HOLD] * 3


def test_a_zip_that_is_not_shown_to_be_better_than_a_constant_needs_more_subjects(evaluation):
    few, many = (sb.compare([evaluation("a.zip", 0.06, noise=0.2, seed=9, n_subjects=n)]).plan[0] for n in (15, 4000))
    assert (few.action, many.action) == (Action.MORE_DATA, Action.SUBMIT)
    assert few.subjects_needed is None or few.subjects_needed > 15


def test_a_constant_is_held_or_needs_more_data_but_is_never_submitted(evaluation):
    constant = evaluation("constant.zip", 0, noise=0)
    far = evaluation("far.zip", -1)
    plan = {str(advice.path): advice.action for advice in sb.compare([constant, far]).plan}
    assert plan["far.zip"] is Action.HOLD
    assert plan["constant.zip"] is not Action.SUBMIT


def test_too_few_subjects_give_no_difference_and_no_plan(evaluation):
    found = sb.compare([evaluation("a.zip", 0.5, n_subjects=4), evaluation("b.zip", 0.2, n_subjects=4)])
    assert [str(one.path) for one in found.candidates] == ["a.zip", "b.zip"]
    assert (found.best_of, found.candidates[1].to_best) == ({}, {})
    assert {advice.action for advice in found.plan} == {Action.MORE_DATA}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"profile": "v3"}, ("standard deviation of the targets", "range of the targets", "p_factor of RestingState")),
        ({"release": "R4", "digest": "e"}, ("R5", "R4")),
        ({"digest": "e"}, ("R5 had other labels or recordings",)),
        ({"n_subjects": 59}, ("challenge 1 has 1,200 windows in the first and 1,180 others",)),
    ],
)
def test_numbers_that_mean_different_things_are_refused(evaluation, changed, words):
    with pytest.raises(ScoreError) as caught:
        sb.compare([evaluation("a.zip", 0.5), evaluation("b.zip", 0.5, **changed)])
    assert all(word in str(caught.value) for word in (*words, "a.zip", "b.zip"))


def test_nothing_to_compare_is_an_error(evaluation):
    with pytest.raises(ConfigError):
        sb.compare([])
    with pytest.raises(ScoreError):
        compare_evaluations([])


def test_only_recordings_of_people_are_placed_on_the_boards(evaluation):
    (people,) = sb.compare([evaluation("a.zip", 0.3)]).candidates
    (simulated,) = sb.compare([evaluation("a.zip", 0.3, release="SIMULATED-x")]).candidates
    assert [(placed.phase, placed.n_entries) for placed in people.placement] == [("warmup", 110), ("final", 184)]
    assert simulated.placement == ()


def test_a_zip_without_a_challenge_is_compared_by_the_other(evaluation):
    first, second = evaluation("a.zip", 0.5), evaluation("b.zip", 0.2)
    without = replace(second, overall=None, over_subjects=None, challenges={1: second.challenges[1]})
    found = sb.compare([without, first])
    assert (found.ranked_by, str(found.candidates[0].path)) == ("challenge1", "a.zip")


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_shows_every_part(three, width):
    console = Console(width=width, record=True, file=io.StringIO())
    show_comparison(sb.compare(three, left_today=1), console)
    text = console.export_text()
    for part in (
        "good.zip",
        "noise",
        "is too good by",
        "submit this",
        "hold",
        "board of 2025, final: ",
        "another release",
    ):
        assert part in text
    assert max(map(len, text.splitlines()[:20])) <= width
