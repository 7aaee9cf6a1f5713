"""Windows and targets equal, bit for bit, those that the official chain makes."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.trials import trial_table
from submission_builder.releases.folder import open_release
from submission_builder.releases.store import open_store
from submission_builder.releases.table import cut_windows, survey

with warnings.catch_warnings():  # importing theirs warns about their own dependencies
    warnings.simplefilter("ignore")
    import official_loop
    from eegdash.hbn.windows import build_trial_table

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs warn about themselves

PROFILE = PROFILES["final"]


def official(folder: Path, challenge: int) -> tuple[np.ndarray, np.ndarray]:
    windows = official_loop.WINDOWS[challenge](folder)
    X, y = zip(*[(X, float(np.asarray(y).item())) for X, y, *_ in windows], strict=True)
    return np.stack(X), np.array(y, np.float32)


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
    their_X, their_y = official(folder, challenge)
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
    their_X, their_y = official(folder, 2)
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
