"""Trials, positions and crops in small cases that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission_builder.base.errors import WindowError
from submission_builder.protocol.challenges import N_TIMES, PROFILES
from submission_builder.protocol.trials import trial_table
from submission_builder.protocol.windows import WindowTable, crop_windows, stimulus_windows

FINAL, V3 = PROFILES["final"], PROFILES["v3"]


def events(*pairs):
    return trial_table([onset for onset, _ in pairs], [value for _, value in pairs])


ONE_TRIAL = (
    (1.0, "contrastTrial_start"),
    (2.0, "left_target"),
    (3.5, "right_buttonPress"),
    (3.6, "left_buttonPress"),
    (9.0, "contrastTrial_start"),
)


def test_the_last_start_opens_no_trial():
    assert len(events(*ONE_TRIAL)) == 1
    assert len(events((1.0, "contrastTrial_start"))) == 0
    assert len(events()) == 0


def test_the_first_press_counts_whichever_hand():
    assert events(*ONE_TRIAL).response_time.tolist() == [1.5]


def test_a_press_before_the_stimulus_is_no_response():
    trials = events((0, "contrastTrial_start"), (1, "left_buttonPress"), (2, "left_target"), (9, "contrastTrial_start"))
    assert np.isnan(trials.response_time).all()
    assert len(trials.complete()) == 0


def test_a_press_at_the_stimulus_is_a_response_after_0_s():
    trials = events((0, "contrastTrial_start"), (2, "left_target"), (2, "left_buttonPress"), (9, "contrastTrial_start"))
    assert trials.response_time.tolist() == [0.0]


def test_a_press_at_the_next_start_belongs_to_the_next_trial():
    trials = events((0, "contrastTrial_start"), (2, "left_target"), (9, "contrastTrial_start"), (9, "left_buttonPress"))
    assert np.isnan(trials.response).all()


def test_events_may_come_in_any_order():
    assert events(*reversed(ONE_TRIAL)).response_time.tolist() == [1.5]


def test_the_window_begins_half_a_second_after_the_stimulus():
    start, target = stimulus_windows(events(*ONE_TRIAL), 1000, FINAL.challenges[1])
    assert (start.tolist(), target.tolist(), target.dtype) == ([250], [1.5], np.float32)


def test_under_v3_the_window_begins_at_the_stimulus():
    start, _ = stimulus_windows(events(*ONE_TRIAL), 1000, V3.challenges[1])
    assert start.tolist() == [200]


@pytest.mark.parametrize(("onset", "sample"), [(0.125, 12), (0.135, 14), (0.1349999999, 14), (0.134, 13)])
def test_onsets_round_as_mne_rounds_them(onset, sample):
    """Half to even, after the onset was cut to whole microseconds."""
    trials = events(
        (0, "contrastTrial_start"), (onset, "left_target"), (1, "left_buttonPress"), (2, "contrastTrial_start")
    )
    assert stimulus_windows(trials, 1000, V3.challenges[1])[0].tolist() == [sample]


def test_a_window_may_end_with_the_recording_but_not_after_it():
    trials, spec = events(*ONE_TRIAL), FINAL.challenges[1]
    assert stimulus_windows(trials, 450, spec)[0].tolist() == [250]
    with pytest.raises(WindowError, match="spans samples 250 to 450, the recording has 449"):
        stimulus_windows(trials, 449, spec)


def test_an_anchor_past_the_end_is_dropped_with_mnes_annotations():
    assert len(stimulus_windows(events(*ONE_TRIAL), 199, FINAL.challenges[1])[0]) == 0


@given(st.integers(0, 5000))
def test_crops_lie_inside_their_long_windows(n_samples):
    start = crop_windows(n_samples, FINAL.challenges[2])
    assert len(start) == max(0, (n_samples - 400) // 200 + 1)
    offset = start - 200 * np.arange(len(start))
    assert ((offset >= 0) & (offset <= 200)).all()
    assert not len(start) or start[-1] + N_TIMES <= n_samples


def test_every_recording_draws_its_crops_anew():
    spec = FINAL.challenges[2]
    assert crop_windows(1000, spec).tolist() == crop_windows(3000, spec)[: len(crop_windows(1000, spec))].tolist()


def test_a_table_keeps_what_a_mask_names():
    table = WindowTable(1, np.arange(3), np.arange(3) * 10, np.ones(3, np.float32), np.array(["a", "b", "a"]))
    kept = table.select(table.subject == "a")
    assert (len(kept), kept.n_subjects, kept.start.tolist()) == (2, 1, [0, 20])
