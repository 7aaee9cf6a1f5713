"""The official pipeline: equal windows and targets, bit for bit, and the inputs on which it fails.

The chain is eegdash 0.3.8 with MNE and braindecode 1.2.0, run in the steps of the start kit's local_scoring.py.
"""

import contextlib
import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.trials import trial_table
from submission_builder.releases.folder import open_release
from submission_builder.releases.store import open_store
from submission_builder.releases.survey import survey
from submission_builder.releases.table import cut_windows

with warnings.catch_warnings():  # the import warns about dependencies
    warnings.simplefilter("ignore")
    import official_loop
    from eegdash import EEGChallengeDataset
    from eegdash.hbn.windows import build_trial_table

pytestmark = pytest.mark.filterwarnings("ignore")  # the chain's own warnings

CCD = "contrastChangeDetection"
PROFILE = PROFILES["final"]


def official(folder: Path, challenge: int) -> tuple[np.ndarray, np.ndarray]:
    windows = official_loop.WINDOWS[challenge](folder)
    X, y = zip(*[(X, float(np.asarray(y).item())) for X, y, *_ in windows], strict=True)
    return np.stack(X), np.array(y, np.float32)


def ours(folder: Path, challenge: int, cache: Path) -> tuple[np.ndarray, np.ndarray]:
    release, spec = open_release(folder), PROFILE.challenges[challenge]
    recordings = survey(release.recordings(spec.task))
    cut = cut_windows(release, spec, recordings)
    table = cut.table
    assert cut.left_out == recordings.left_out == ()
    store = open_store(recordings, cache)
    windows = [store.window(int(i), int(start)) for i, start in zip(table.recording, table.start, strict=True)]
    return np.stack(windows), table.target


@pytest.mark.parametrize(("data", "challenge"), [("small_release", 1), ("small_release", 2), ("face13", 1)])
def test_windows_and_targets_equal_the_official_ones(data, challenge, request, tmp_path):
    folder = request.getfixturevalue(data)
    X, y = ours(folder, challenge, tmp_path)
    official_X, official_y = official(folder, challenge)
    assert X.dtype == official_X.dtype == np.float32
    np.testing.assert_array_equal(X.view(np.uint32), official_X.view(np.uint32))
    np.testing.assert_array_equal(y.view(np.uint32), official_y.view(np.uint32))
    assert len(np.unique(y)) > 1


def test_crops_equal_the_official_ones_on_real_eeg(face13, tmp_path):
    """Face13 has no externalizing score, so the test invents one."""
    folder = tmp_path / "Face13-with-invented-score"
    folder.mkdir()
    for path in face13.iterdir():
        if path.name.startswith("sub-"):
            (folder / path.name).symlink_to(path)
    rows = pd.read_csv(face13 / "participants.tsv", sep="\t", dtype=str, keep_default_na=False)
    rows.assign(externalizing="0.25").to_csv(folder / "participants.tsv", sep="\t", index=False)
    X, y = ours(folder, 2, tmp_path)
    official_X, official_y = official(folder, 2)
    np.testing.assert_array_equal(X.view(np.uint32), official_X.view(np.uint32))
    np.testing.assert_array_equal(y, official_y)


def test_the_trial_tables_of_r5_equal_the_official_ones(r5):
    """Stimuli and response times of every ninth real run (83 of 745), against eegdash's own function."""
    for run in r5["runs"][::9]:
        events = pd.DataFrame({"onset": run["onset"], "value": run["value"], "feedback": None})
        expected = build_trial_table(events)
        trials = trial_table(run["onset"], run["value"])
        assert len(trials) == len(expected)
        scored = expected.dropna(subset=["stimulus_onset", "response_onset"])
        complete = trials.complete()
        np.testing.assert_array_equal(complete.stimulus, scored["stimulus_onset"])
        np.testing.assert_array_equal(complete.response_time, scored["rt_from_stimulus"].astype(float))


START, TARGET, PRESS = "contrastTrial_start", "left_target", "left_buttonPress"


@pytest.fixture
def with_events(release, surveyed):
    """Add events before those of the first recording of the copy, or after those of the last, which has 36 s."""

    def add(*events, after=False):
        path = surveyed().recordings[-1 if after else 0].events_file
        head, *lines = path.read_text().splitlines()
        rows = [f"{onset}\tn/a\t{value}\tn/a\tn/a" for onset, value in events]
        path.write_text("\n".join([head, *lines, *rows] if after else [head, *rows, *lines]) + "\n")
        return release

    return add


def trial(start_s, stimulus_s, press_s):
    return (start_s, START), (stimulus_s, TARGET), (press_s, PRESS)


@pytest.mark.parametrize(
    ("early", "n_more"),
    [
        (trial(-3.0, -2.0, -1.0), 0),
        (trial(-9.0, -8.0, 1.0), 0),
        (trial(-0.5, -0.3, 1.0), 0),
        (trial(-0.5, -0.004, 1.0), 0),
        (trial(-0.5, -6e-7, 1.0), 0),
        (trial(-0.5, -4e-7, 1.0), 1),
        (trial(-0.5, 0.0, 1.0), 1),
        (trial(-2.0, 0.2, 1.0), 1),
        (trial(-2.000001, 0.2, 1.0), 0),
        (trial(-3.0, 0.2, 1.0), 0),
        ((*trial(-9.0, -8.0, -7.0), *trial(-6.0, -5.0, -4.0), *trial(-1.5, 0.1, 0.9)), 1),
    ],
    ids=str,
)
def test_trials_at_the_beginning_are_dropped_as_in_the_official_chain(
    small_release, with_events, tmp_path, early, n_more
):
    """Windows and targets are equal, and equal to those of the untouched release if no trial is added."""
    n_before = len(ours(small_release, 1, tmp_path)[1])
    folder = with_events(*early)
    X, y = ours(folder, 1, tmp_path)
    official_X, official_y = official(folder, 1)
    assert len(y) == n_before + n_more
    np.testing.assert_array_equal(X.view(np.uint32), official_X.view(np.uint32))
    np.testing.assert_array_equal(y, official_y)


@pytest.mark.parametrize(
    ("late", "n_more"),
    [
        (trial(33.0, 33.5, 35.0), 1),  # the window ends with the recording
        (trial(35.0, 36.004, 36.5), 0),
        (trial(35.0, 36.5, 37.0), 0),
        (trial(40.0, 41.0, 42.0), 0),
        ((*trial(32.8, 33.0, 33.1), *trial(33.11, 33.12, 33.2)), 2),  # overlapping windows
    ],
    ids=str,
)
def test_trials_at_the_end_are_dropped_as_in_the_official_chain(small_release, with_events, tmp_path, late, n_more):
    n_before = len(ours(small_release, 1, tmp_path)[1])
    folder = with_events(*late, (49.0, START), after=True)
    X, y = ours(folder, 1, tmp_path)
    official_X, official_y = official(folder, 1)
    assert len(y) == n_before + n_more
    np.testing.assert_array_equal(X.view(np.uint32), official_X.view(np.uint32))
    np.testing.assert_array_equal(y, official_y)


@pytest.mark.parametrize("late", [trial(33.0, 34.0, 35.0), trial(33.0, 33.51, 35.0), trial(35.0, 36.0, 36.5)], ids=str)
def test_a_window_past_the_end_stops_the_official_chain(with_events, cut, late):
    """Here the recording is left out, which is an error unless the user allows it."""
    folder = with_events(*late, (49.0, START), after=True)
    with pytest.raises(ValueError, match="trial_stop_offset_samples"):
        official(folder, 1)
    assert len(cut(1).left_out) == 1


def lines_of(release, keep):
    """Rewrite the events of the first recording; `keep` takes its lines."""
    path = next(iter(sorted(release.glob("sub-*/eeg/*_events.tsv"))))
    path.write_text("".join(f"{line}\n" for line in keep(path.read_text().splitlines())))


def without_column(number):
    return lambda lines: ["\t".join(field for i, field in enumerate(line.split("\t")) if i != number) for line in lines]


def same_sample(lines):
    """Replace the events by two trials whose stimuli lie 3 ms apart, on one sample."""
    events = (*trial(9, 10.001, 10.002), *trial(10.003, 10.004, 11), (20, START))
    return [lines[0], *(f"{onset}\tn/a\t{value}\tn/a\tn/a" for onset, value in events)]


def only_first_start(lines):
    starts = [line for line in lines if START in line]
    return [line for line in lines if line not in starts[1:]]


@pytest.mark.parametrize(
    ("keep", "error", "kind", "n_windows"),
    [
        (lambda lines: [line for line in lines if START not in line], KeyError, "no_trial_start", 0),
        (only_first_start, KeyError, "no_trial_start", 0),
        (lambda lines: lines[:1], KeyError, "no_trial_start", 0),
        (without_column(4), KeyError, "no_feedback", None),
        (same_sample, NotImplementedError, "same_sample", 2),
        (lambda lines: [line for line in lines if "_target" not in line], None, "no_complete_trial", 0),
    ],
)
def test_a_note_says_where_the_official_chain_fails(release, cut, keep, error, kind, n_windows):
    """Events that stop the official pipeline, and for comparison events that it only leaves out."""
    lines_of(release, keep)
    with pytest.raises(error) if error else contextlib.nullcontext():
        official(release, 1)
    made = cut(1)
    (note,) = (note for note in made.notes if note.kind == kind)
    assert note.official_chain_fails == bool(error)
    assert note.names == ("sub-SIM11N0001_task-contrastChangeDetection_run-1",)
    if n_windows is not None:
        assert (made.table.recording == 0).sum() == n_windows


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (
            lambda text: "".join(line for line in text.splitlines(keepends=True) if "N0002" not in line),
            "subject_not_listed",
        ),
        (lambda text: text.replace("sub-SIM11N0002", "SIM11N0002"), "id_without_prefix"),
        (lambda text: text, None),
    ],
)
def test_a_note_says_where_eegdash_finds_no_participant(release, tmp_path, change, kind):
    """The dataset of eegdash, read offline, has no factor score of such a subject."""
    path = release / "participants.tsv"
    path.write_text(change(path.read_text()))
    shutil.copytree(release, tmp_path / "ds005509-bdf")
    dataset = EEGChallengeDataset(
        "R5", tmp_path, mini=False, query={"task": CCD}, download=False, eeg_dash_instance=object(),
        description_fields=["externalizing"],
    )  # fmt: skip
    lacking = {item.description["subject"] for item in dataset.datasets if "externalizing" not in item.description}
    notes = open_release(release).notes(CCD)
    assert [(note.kind, note.names) for note in notes] == ([(kind, ("SIM11N0002",))] if kind else [])
    assert lacking == ({"SIM11N0002"} if kind else set())
    assert all(note.official_chain_fails for note in notes)
