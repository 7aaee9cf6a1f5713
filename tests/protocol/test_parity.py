"""The constants that a correct replay reproduces from the real event files of HBN-EEG (see tests/data/README.md)."""

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.metrics import nrmse
from submission_builder.protocol.trials import trial_table
from submission_builder.protocol.windows import crop_windows, stimulus_windows
from submission_builder.releases.folder import open_release
from submission_builder.releases.recording import Recording
from submission_builder.releases.survey import Survey
from submission_builder.releases.table import cut_windows

C1, C2 = PROFILES["final"].challenges[1], PROFILES["final"].challenges[2]

CCD = pd.DataFrame(
    [
        ("R1", 293, 7316, 1.56058, 0.403614),
        ("R2", 301, 7565, 1.59743, 0.400054),
        ("R3", 388, 9586, 1.57638, 0.408724),
        ("R4", 756, 16604, 1.56241, 0.400746),
        ("R5", 745, 15144, 1.58935, 0.392992),
        ("R6", 232, 4675, 1.57598, 0.432423),
        ("R7", 529, 10923, 1.58576, 0.391675),
        ("R8", 512, 10269, 1.64519, 0.398767),
        ("R9", 655, 13646, 1.65431, 0.411241),
        ("R10", 212, 4221, 1.63133, 0.419572),
        ("R11", 767, 16140, 1.59886, 0.429637),
    ],
    columns=["release", "files", "trials", "mean", "std"],
)


@pytest.fixture(scope="module")
def targets(r5):
    """Challenge 1 targets of each R5 run, computed with the trial table and the window positions."""
    return [stimulus_windows(trial_table(run["onset"], run["value"]), run["n_samples"], C1)[1] for run in r5["runs"]]


def test_r5_has_745_runs_of_260_subjects(r5):
    runs = pd.DataFrame([{"subject": run["subject"], "run": run["run"]} for run in r5["runs"]])
    assert len(runs) == 745
    assert runs["subject"].nunique() == 260
    assert runs["run"].value_counts().to_dict() == {1: 233, 2: 257, 3: 255}


def test_r5_scores_15144_of_17883_trials_in_744_runs(r5, targets):
    trials = [trial_table(run["onset"], run["value"]) for run in r5["runs"]]
    no_stimulus = sum(np.isnan(t.stimulus).sum() for t in trials)
    no_response = sum((np.isnan(t.response) & ~np.isnan(t.stimulus)).sum() for t in trials)
    assert (sum(map(len, trials)), no_response, no_stimulus) == (17883, 2736, 3)
    assert sum(map(len, targets)) == 15144
    assert sum(len(t) > 0 for t in targets) == 744


def test_r5_response_times_have_the_published_moments(targets):
    pooled = np.concatenate(targets).astype(np.float64)
    assert pooled.mean() == pytest.approx(1.589355, abs=5e-7)
    assert pooled.std() == pytest.approx(0.3929920, abs=5e-8)
    assert (pooled.min(), pooled.max()) == (0.0, pytest.approx(2.420, abs=1e-6))
    assert np.mean(pooled < 0.5) == pytest.approx(0.0174, abs=5e-5)


def test_an_all_zero_model_scores_4_16604_in_challenge_1(targets):
    pooled = np.concatenate(targets)
    assert round(nrmse(pooled, np.zeros_like(pooled)), 5) == 4.16604


def test_the_mean_scores_0_16239338_under_the_older_rules(targets):
    pooled = np.concatenate(targets)
    score = nrmse(pooled, np.full(len(pooled), pooled.mean(dtype=np.float64)), denominator="range")
    assert score == pytest.approx(0.16239338, abs=5e-8)


def test_r5_gives_107063_windows_with_an_externalizing_score(r5):
    scored = [run for run in r5["runs"] if run["subject"] in r5["externalizing"] and run["n_samples"] >= 400]
    n_windows = [len(crop_windows(run["n_samples"], C2)) for run in scored]
    target = np.repeat([r5["externalizing"][run["subject"]] for run in scored], n_windows)
    assert (len(scored), len({run["subject"] for run in scored}), len(target)) == (731, 255, 107063)
    assert target.mean() == pytest.approx(-0.0059345, abs=5e-8)
    assert target.std() == pytest.approx(0.711779, abs=5e-7)
    assert round(nrmse(target, np.zeros_like(target)), 5) == 1.00003


def test_five_subjects_of_r5_have_no_externalizing_score(r5):
    without = {run["subject"] for run in r5["runs"]} - set(r5["externalizing"])
    assert without == {"NDARBF851NH6", "NDAREL410HHK", "NDARUV578DU2", "NDARUY529FNK", "NDARVN920VHJ"}


def test_the_first_crops_are_those_of_the_servers_generator():
    offsets = crop_windows(400 + 11 * 200, C2) - 200 * np.arange(12)
    assert offsets.tolist() == [163, 28, 6, 189, 70, 62, 57, 35, 188, 26, 173, 189]
    rng = random.Random(42)
    assert offsets.tolist() == [rng.randint(0, 200) for _ in range(12)]


@pytest.mark.parametrize("row", list(CCD.itertuples(index=False)), ids=CCD["release"].tolist())
def test_every_release_has_its_published_trials(hbn, row):
    """Files, scored trials, mean and std of the response time, read from the real event files."""
    runs = [_recording(path) for path in (hbn / row.release).glob("sub-*/eeg/*_events.tsv")]
    events = [run.events() for run in runs]
    times = np.concatenate([trial_table(run.onset, run.value).complete().response_time for run in events])
    assert (len(runs), len(times)) == (row.files, row.trials)
    assert times.mean() == pytest.approx(row.mean, abs=5.1e-6)
    assert times.std() == pytest.approx(row.std, abs=5.1e-7)


def test_the_fixture_of_r5_equals_the_real_files(hbn, r5):
    """The window tables of R5's own files equal those of the compressed fixture."""
    runs = sorted(_recording(path) for path in (hbn / "R5").glob("sub-*/eeg/*_events.tsv"))
    lengths = {(run["subject"], run["run"]): run["n_samples"] for run in r5["runs"]}
    recordings = Survey(tuple(runs), tuple(lengths[run.subject, run.run] for run in runs), ())
    release = open_release(hbn / "R5")
    cut = cut_windows(release, C1, recordings)
    first, second = cut.table, cut_windows(release, C2, recordings).table
    assert cut.left_out == ()
    assert (len(first), first.n_subjects, len(second), second.n_subjects) == (15144, 260, 107063, 255)
    ours = [stimulus_windows(trial_table(run["onset"], run["value"]), run["n_samples"], C1) for run in r5["runs"]]
    np.testing.assert_array_equal(first.start, np.concatenate([start for start, _ in ours]))
    np.testing.assert_array_equal(first.target, np.concatenate([target for _, target in ours]))


def _recording(events: Path) -> Recording:
    subject, _, run, _ = events.name.split("_")
    bdf = Path(str(events).replace("_events.tsv", "_eeg.bdf"))
    return Recording(subject.removeprefix("sub-"), int(run.removeprefix("run-")), bdf)
