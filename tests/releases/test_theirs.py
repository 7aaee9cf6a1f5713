"""Windows and targets equal, bit for bit, those that the official chain makes."""

import math
import random
import warnings
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest

from submission_builder.protocol.challenges import N_TIMES, PROFILES
from submission_builder.protocol.trials import trial_table
from submission_builder.releases.folder import open_release
from submission_builder.releases.store import open_store
from submission_builder.releases.table import cut_windows, survey

with warnings.catch_warnings():  # importing theirs warns about their own dependencies
    warnings.simplefilter("ignore")
    from braindecode.datasets import BaseConcatDataset, BaseDataset
    from braindecode.preprocessing import create_fixed_length_windows, create_windows_from_events
    from eegdash.hbn.windows import (
        add_aux_anchors,
        add_extras_columns,
        annotate_trials_with_target,
        build_trial_table,
        keep_only_recordings_with,
    )

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs warn about themselves

PROFILE = PROFILES["final"]


def official_recordings(folder: Path) -> BaseConcatDataset:
    """Recordings with their participants' rows, in our order."""
    participants = pd.read_csv(folder / "participants.tsv", sep="\t", na_values=["n/a"]).set_index("participant_id")
    paths = sorted(folder.glob("sub-*/eeg/*_task-contrastChangeDetection_*_eeg.bdf"))
    datasets = []
    for path in paths:
        name = path.name.split("_")[0]
        description = {"subject": name.removeprefix("sub-"), "externalizing": participants["externalizing"][name]}
        raw = mne.io.read_raw_bdf(path, preload=True, verbose="error")
        datasets.append(BaseDataset(raw, description, target_name=None))
    return BaseConcatDataset(datasets)


def official_challenge_1(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    recordings = official_recordings(folder)
    for dataset in recordings.datasets:
        annotate_trials_with_target(dataset.raw, "rt_from_stimulus", 2.0, require_stimulus=True, require_response=True)
        add_aux_anchors(dataset.raw)
    recordings = keep_only_recordings_with("stimulus_anchor", recordings)
    windows = create_windows_from_events(
        recordings,
        mapping={"stimulus_anchor": 0},
        trial_start_offset_samples=50,
        trial_stop_offset_samples=250,
        window_size_samples=200,
        window_stride_samples=100,
        preload=True,
    )
    windows = add_extras_columns(windows, recordings, desc="stimulus_anchor")
    X, y = zip(*[(X, float(np.asarray(y).item())) for X, y, _ in windows], strict=True)
    return np.stack(X), np.array(y, np.float32)


def official_challenge_2(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    recordings = BaseConcatDataset(
        [
            dataset
            for dataset in official_recordings(folder).datasets
            if len(dataset.raw) >= 400 and not math.isnan(dataset.description["externalizing"])
        ]
    )
    windows = create_fixed_length_windows(
        recordings, window_size_samples=400, window_stride_samples=200, drop_last_window=True
    )
    X, y = [], []
    for dataset in windows.datasets:
        rng = random.Random(42)
        for window, _, (_, start, stop) in dataset:
            first = rng.randint(0, stop - start - N_TIMES)
            X.append(window[:, first : first + N_TIMES])
            y.append(dataset.description["externalizing"])
    return np.stack(X), np.array(y, np.float32)


OFFICIAL = {1: official_challenge_1, 2: official_challenge_2}


def ours(folder: Path, challenge: int, cache: Path) -> tuple[np.ndarray, np.ndarray]:
    release, spec = open_release(folder), PROFILE.challenges[challenge]
    recordings = survey(release.recordings(spec.task))
    table, left_out = cut_windows(release, spec, recordings)
    assert left_out == recordings.left_out == ()
    store = open_store(recordings, cache)
    windows = [store.window(int(i), int(start)) for i, start in zip(table.recording, table.start, strict=True)]
    return np.stack(windows), table.target


@pytest.mark.parametrize(("data", "challenge"), [("small_release", 1), ("small_release", 2), ("face13", 1)])
def test_windows_and_targets_equal_the_official_ones(data, challenge, request, tmp_path):
    folder = request.getfixturevalue(data)
    X, y = ours(folder, challenge, tmp_path)
    their_X, their_y = OFFICIAL[challenge](folder)
    assert X.dtype == their_X.dtype == np.float32
    np.testing.assert_array_equal(X.view(np.uint32), their_X.view(np.uint32))
    np.testing.assert_array_equal(y.view(np.uint32), their_y.view(np.uint32))
    assert len(np.unique(y)) > 1


def test_crops_equal_the_official_ones_on_real_eeg(face13, tmp_path):
    """Face13 has no externalizing score; with one put in, the windows equal theirs."""
    folder = tmp_path / "Face13-with-invented-score"
    folder.mkdir()
    for path in face13.iterdir():
        if path.name.startswith("sub-"):
            (folder / path.name).symlink_to(path)
    rows = pd.read_csv(face13 / "participants.tsv", sep="\t", dtype=str, keep_default_na=False)
    rows.assign(externalizing="0.25").to_csv(folder / "participants.tsv", sep="\t", index=False)
    X, y = ours(folder, 2, tmp_path)
    their_X, their_y = official_challenge_2(folder)
    np.testing.assert_array_equal(X.view(np.uint32), their_X.view(np.uint32))
    np.testing.assert_array_equal(y, their_y)


def test_the_trial_tables_of_r5_equal_the_official_ones(r5):
    """Stimuli and response times of every ninth real run (83 of 745), against eegdash's own function."""
    for run in r5["runs"][::9]:
        events = pd.DataFrame({"onset": run["onset"], "value": run["value"], "feedback": None})
        theirs = build_trial_table(events)
        mine = trial_table(run["onset"], run["value"])
        assert len(mine) == len(theirs)
        kept = theirs.dropna(subset=["stimulus_onset", "response_onset"])
        complete = mine.complete()
        np.testing.assert_array_equal(complete.stimulus, kept["stimulus_onset"])
        np.testing.assert_array_equal(complete.response_time, kept["rt_from_stimulus"].astype(float))
