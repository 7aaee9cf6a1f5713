"""What counts as a difference between the runs under several server images."""

import numpy as np
import pytest

from submission_builder.server.differences import (
    compared_notes,
    differing_outcomes,
    differing_predictions,
    untried_notes,
)

RNG = np.random.default_rng(0)
VALUES = 1.6 + 0.2 * RNG.normal(size=40)


def compared(a, b):
    return differing_predictions(2, {"published": a, "lock": b})


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (VALUES, VALUES),
        (VALUES, VALUES + 1e-5 * RNG.normal(size=40)),
        (VALUES, VALUES.astype(np.float32)),
        (np.full(40, 1.6), np.full(40, 1.6 + 4e-7)),
        (1e-7 * VALUES, 1e-7 * VALUES * (1 + 1e-6)),
        (np.zeros(40), np.zeros(40)),
        ([], []),
    ],
    ids=["equal", "small", "float32", "constant", "tiny", "zero", "no windows"],
)
def test_rounding_is_no_difference(a, b):
    assert compared(a, b) == []


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (VALUES, VALUES + np.eye(40)[3] * 0.001),
        (1e-7 * VALUES, 1e-7 * VALUES + np.eye(40)[3] * 1e-10),
        (np.full(40, 1.6), np.full(40, 1.6) + np.eye(40)[3] * 1e-3),
    ],
    ids=["one window", "one window of tiny predictions", "one window of a constant"],
)
def test_a_prediction_beyond_the_tolerance_is_a_difference_at_its_window(a, b):
    """The tolerance is relative, so that tiny predictions do not hide behind it."""
    (found,) = compared(a, b)
    assert found.subject.startswith("predictions of challenge 2 (1 of 40 windows ")
    assert found.subject.endswith("window 4")
    assert found.by_server == {"published": f"{a[3]:.6g}", "lock": f"{b[3]:.6g}"}


def test_outcomes_are_compared_word_by_word():
    assert differing_outcomes({"published": "scored", "lock": "scored"}) == []
    (found,) = differing_outcomes({"published": "scored", "lock": "crashed"})
    assert str(found) == "outcome: scored under published, crashed under lock"


def test_one_image_alone_cannot_differ():
    assert compared_notes(["lock"], []) == []
    assert compared_notes(["published", "lock"], [])[0].startswith("no difference between published and lock; ")


def test_an_image_without_replica_is_named_with_the_command_that_installs_it():
    assert untried_notes(["lock"]) == ["lock was not tried: subpack server install lock"]
