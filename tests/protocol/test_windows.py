"""Trials, positions and crops in small cases that can be computed by hand."""

from dataclasses import replace

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


def test_the_last_start_begins_no_trial():
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
def test_onsets_round_as_in_mne(onset, sample):
    """The onset is rounded to whole microseconds first, and the sample then half to even."""
    trials = events(
        (0, "contrastTrial_start"), (onset, "left_target"), (1, "left_buttonPress"), (2, "contrastTrial_start")
    )
    assert stimulus_windows(trials, 1000, V3.challenges[1])[0].tolist() == [sample]


def test_a_window_may_end_with_the_recording_but_not_after_it():
    """The window of samples 250 to 450 needs 450 samples."""
    trials, spec = events(*ONE_TRIAL), FINAL.challenges[1]
    assert stimulus_windows(trials, 450, spec)[0].tolist() == [250]
    with pytest.raises(WindowError, match="stimulus at 2 s spans samples 250 to 450, and the recording has 449"):
        stimulus_windows(trials, 449, spec)


def test_a_window_that_begins_past_the_end_is_an_error_too():
    """MNE keeps a stimulus at the very end of a recording; its window is outside the recording."""
    with pytest.raises(WindowError, match="spans samples 250 to 450, and the recording has 200"):
        stimulus_windows(events(*ONE_TRIAL), 200, FINAL.challenges[1])


def test_a_window_before_the_recording_is_an_error():
    """No profile has windows before the stimulus; one that had would not read from the end of the recording."""
    early = replace(FINAL.challenges[1], onset_samples=-201)
    with pytest.raises(WindowError, match="spans samples -1 to 199"):
        stimulus_windows(events(*ONE_TRIAL), 1000, early)
    assert stimulus_windows(events(*ONE_TRIAL), 1000, replace(early, onset_samples=-200))[0].tolist() == [0]


def test_a_stimulus_past_the_end_has_no_window():
    """MNE crops its annotation, so that the trial is dropped without an error."""
    assert len(stimulus_windows(events(*ONE_TRIAL), 199, FINAL.challenges[1])[0]) == 0


def before(start_s, stimulus_s):
    """A trial at the beginning of a recording of 10 s, and ONE_TRIAL moved by 2 s."""
    later = [(onset + 2, value) for onset, value in ONE_TRIAL]
    return events((start_s, "contrastTrial_start"), (stimulus_s, "left_target"), (0.8, "left_buttonPress"), *later)


@pytest.mark.parametrize(
    ("start_s", "stimulus_s", "scored"),
    [
        (-3.0, -2.0, False),
        (-0.5, -0.3, False),
        (-0.5, -0.004, False),
        (-0.5, -6e-7, False),
        (-0.5, -4e-7, True),  # 0 in whole microseconds
        (-0.5, 0.0, True),
        (0.0, 0.0, True),
        (-2.0, 0.2, True),  # the trial's annotation of 2 s ends with the first sample
        (-2.0000004, 0.2, True),
        (-2.000001, 0.2, False),
        (-3.0, 0.2, False),
    ],
)
def test_a_trial_that_mne_crops_at_the_beginning_has_no_window(start_s, stimulus_s, scored):
    """The stimulus is before the first sample, or the start is more than 2 s before it; the other trial is scored."""
    start, target = stimulus_windows(before(start_s, stimulus_s), 1000, FINAL.challenges[1])
    first = [(50 + round(100 * stimulus_s), np.float32(0.8 - stimulus_s))] if scored else []
    assert list(zip(start.tolist(), target, strict=True)) == [*first, (450, 1.5)]


@given(st.lists(st.floats(-20, 120), max_size=12), st.integers(0, 10_000))
def test_every_window_lies_inside_its_recording_or_is_refused(onsets, n_samples):
    """Whatever the onsets, starts ascend and no window begins before the first sample or ends past the last."""
    names = ("contrastTrial_start", "left_target", "left_buttonPress")
    trials = events(*((onset, names[i % 3]) for i, onset in enumerate(sorted(onsets))))
    try:
        start, target = stimulus_windows(trials, n_samples, FINAL.challenges[1])
    except WindowError:
        return
    assert ((start >= 50) & (start + N_TIMES <= n_samples)).all()
    assert (np.diff(start) >= 0).all()
    assert (target >= 0).all()


@given(st.integers(0, 5000))
def test_crops_lie_inside_their_long_windows(n_samples):
    start = crop_windows(n_samples, FINAL.challenges[2])
    assert len(start) == max(0, (n_samples - 400) // 200 + 1)
    offset = start - 200 * np.arange(len(start))
    assert ((offset >= 0) & (offset <= 200)).all()
    assert not len(start) or start[-1] + N_TIMES <= n_samples


def test_every_recording_draws_its_crops_from_a_new_generator():
    """A longer recording begins with the crops of a shorter one."""
    spec = FINAL.challenges[2]
    assert crop_windows(1000, spec).tolist() == crop_windows(3000, spec)[: len(crop_windows(1000, spec))].tolist()


def test_a_mask_selects_windows_of_a_table():
    table = WindowTable(1, np.arange(3), np.arange(3) * 10, np.ones(3, np.float32), np.array(["a", "b", "a"]))
    selected = table.select(table.subject == "a")
    assert (len(selected), selected.n_subjects, selected.start.tolist()) == (2, 1, [0, 20])
