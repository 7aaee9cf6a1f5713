"""The real targets of HBN-EEG, subject by subject, and made-up predictions for simulations of the statistics.

A *population* holds one row of sums per subject and challenge. A draw of it is a set of rows, chosen with replacement;
each chosen row counts as a subject of its own. All functions take many draws at once.
"""

from __future__ import annotations

import contextlib
import json
import lzma
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import optimize

from submission_builder.base.errors import WindowError
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.trials import trial_table
from submission_builder.protocol.windows import crop_windows, stimulus_windows
from submission_builder.releases.folder import open_release
from submission_builder.releases.recording import Recording

C1, C2 = PROFILES["final"].challenges[1], PROFILES["final"].challenges[2]
WEIGHTS = {1: C1.weight, 2: C2.weight}


@dataclass(frozen=True, eq=False)
class Labels:
    """Targets of all windows of one challenge, with the number of the subject of each."""

    target: np.ndarray
    who: np.ndarray
    n_subjects: int

    @property
    def mean(self):
        return self.target.mean()

    @property
    def std(self):
        return self.target.std()

    def sums(self, values):
        return np.bincount(self.who, weights=values, minlength=self.n_subjects)

    def rows(self, predictions):
        """Number of windows, sums of targets (centred) and of their squares, and of squared errors, by subject."""
        y = self.target - self.mean
        return np.stack([self.sums(v) for v in (np.ones_like(y), y, y**2, (self.target - predictions) ** 2)])


def rows_of_r5():
    """Runs and externalizing scores of release R5, as shipped with the tests."""
    content = json.loads(lzma.decompress((Path(__file__).parents[1] / "data" / "r5.json.xz").read_bytes()))
    kinds = np.array(content["values"], dtype=object)
    runs = [
        {
            "subject": run["subject"],
            "onset": np.array(run["onset"]),
            "value": kinds[run["value"]],
            "n_samples": round(100 * run["duration_s"]),
        }
        for run in content["runs"]
    ]
    return runs, content["externalizing"]


def rows_of_folders(folders):
    """Runs and externalizing scores of release folders with event files, without signals."""
    runs, externalizing = [], {}
    for folder in folders:
        externalizing |= open_release(folder).factor("externalizing")
        for path in sorted(folder.glob("sub-*/eeg/*_events.tsv")):
            subject = path.name.split("_")[0].removeprefix("sub-")
            events = Recording(subject, 0, Path(str(path).replace("_events.tsv", "_eeg.bdf"))).events()
            sidecar = json.loads(Path(str(path).replace("_events.tsv", "_eeg.json")).read_text())
            n_samples = round(100 * sidecar["RecordingDuration"])
            runs.append({"subject": subject, "onset": events.onset, "value": events.value, "n_samples": n_samples})
    return runs, externalizing


def labels_of(runs, externalizing):
    """Labels of both challenges from runs (subject, onset, value, n_samples), as the window tables have them."""
    subjects = sorted({run["subject"] for run in runs})
    number = {subject: i for i, subject in enumerate(subjects)}
    first, second = [], []
    for run in runs:
        i, n_samples = number[run["subject"]], run["n_samples"]
        with contextlib.suppress(WindowError):  # one run of R6 ends within a window
            first += [(i, y) for y in stimulus_windows(trial_table(run["onset"], run["value"]), n_samples, C1)[1]]
        if run["subject"] in externalizing:
            second += [(i, externalizing[run["subject"]])] * len(crop_windows(n_samples, C2))
    made = {}
    for challenge, pairs in ((1, first), (2, second)):
        who, target = zip(*pairs, strict=True)
        made[challenge] = Labels(np.array(target, np.float64), np.array(who), len(subjects))
    return made


def model(labels, rng, *, noise, bias=0.1, gain_spread=0.5):
    """Predictions of a net: the mean of the targets given a noisy view of them, and a bias of each subject.

    The noise is in standard deviations of the targets and differs between subjects (in its logarithm by `gain_spread`).
    """
    scale = noise * np.exp(gain_spread * rng.normal(size=labels.n_subjects))[labels.who]
    view = labels.target + labels.std * scale * rng.normal(size=len(labels.target))
    if np.ptp(view) == 0:
        return view
    predictions = np.empty_like(view)
    for part in np.array_split(np.argsort(view, kind="stable"), 200):
        predictions[part] = labels.target[part].mean()
    return predictions + labels.std * bias * rng.normal(size=labels.n_subjects)[labels.who]


def subject_model(labels, rng, *, noise, jitter=0.1):
    """Predictions of a net for a target that a subject's windows share: shrunk, and with noise of the windows."""
    view = labels.target - labels.mean + labels.std * noise * rng.normal(size=labels.n_subjects)[labels.who]
    slope = (view @ (labels.target - labels.mean)) / (view @ view)
    return labels.mean + slope * view + labels.std * jitter * rng.normal(size=len(labels.target))


def near_constant(labels, rng):
    """Predictions with a spread of 2 % of that of the targets, a quarter of which is signal."""
    return labels.mean + 0.005 * (labels.target - labels.mean) + 0.02 * labels.std * rng.normal(size=len(labels.target))


def scores_of(rows, chosen):
    """Return nrmse of each draw ``(n_draws,)``, and without each of its subjects ``(n_draws, n_chosen)``.

    Written here anew, beside ``scores/jackknife.py``, for many draws at once.
    """
    n, s, q, e = (row[chosen] for row in rows)
    N, S, Q, E = (part.sum(axis=1, keepdims=True) for part in (n, s, q, e))
    score = np.sqrt(E / (Q - S**2 / N))[:, 0]
    without = np.sqrt((E - e) / ((Q - q) - (S - s) ** 2 / (N - n)))
    return score, without


def truth_of(rows):
    n, s, q, e = rows.sum(axis=1)
    return np.sqrt(e / (q - s**2 / n))


def equally_good(labels, predict, rng, n, **settings):
    """Rows of `n` sets of predictions with the same score, that of the worst: the others are shrunk."""
    made = [predict(labels, rng, **settings) for _ in range(n)]
    worst = max(truth_of(labels.rows(predictions)) for predictions in made)

    def rows(predictions, factor):
        return labels.rows(labels.mean + factor * (predictions - labels.mean))

    def factor(predictions):
        excess = [truth_of(rows(predictions, f)) - worst for f in (0, 1)]
        assert excess[0] > 0
        return optimize.brentq(lambda f: truth_of(rows(predictions, f)) - worst, 0, 1) if excess[1] < 0 else 1

    return [rows(predictions, factor(predictions)) for predictions in made]
