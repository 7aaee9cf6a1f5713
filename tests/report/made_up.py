"""Evaluations with made-up predictions, also of the size of release R5."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.trials import trial_table
from submission_builder.protocol.windows import WindowTable, crop_windows, stimulus_windows
from submission_builder.workflows.evaluate.evaluation import Evaluation, ReleaseSummary, RunSummary, ScoredWindows
from submission_builder.workflows.evaluate.scoring import with_scores

RULES = PROFILES["final"]


def evaluation_of(tables, recordings, *, simulated=False, name="R5_L100_bdf", seed=0):
    """Score made-up predictions, which share a part of the targets' variance and have an offset per subject."""
    rng = np.random.default_rng(seed)
    windows = {
        number: ScoredWindows(table, recordings, _predictions(table, rng)) for number, table in sorted(tables.items())
    }
    server = {"image": None, "python": "3.11.7", "torch": "2.8.0"}
    evaluation = Evaluation(
        path=Path("submission.zip"),
        profile="final",
        run=RunSummary("cpu", server, began=1.76e9, wall_s=300.0, replay_s=290.0),
        zip={"sha256": "a" * 64, "md5": "b" * 32},
        release=ReleaseSummary(name, simulated, "c" * 64),
        isolation="namespace",
        batch={1: 64, 2: 64},
        caveats=("the server's order of recordings is not known",),
    )
    return with_scores(evaluation, windows, dict.fromkeys(windows, "it has no window"), RULES)


def _predictions(table, rng):
    if not len(table):
        return np.empty(0)
    who = np.unique(table.subject, return_inverse=True)[1]
    mean, std = table.target.mean(), table.target.std()
    noise = 0.25 * rng.normal(size=len(table)) + 0.15 * rng.normal(size=who.max() + 1)[who]
    return np.float64(np.float32(mean + 0.3 * (table.target - mean) + std * noise))


def r5_tables(r5):
    """Window tables of release R5, from its real event times, lengths and scores."""
    parts = {1: [], 2: []}
    for i, run in enumerate(r5["runs"]):
        trials = trial_table(run["onset"], run["value"])
        start, target = stimulus_windows(trials, run["n_samples"], RULES.challenges[1])
        parts[1].append((i, start, target, run["subject"]))
        if run["subject"] in r5["externalizing"]:
            start = crop_windows(run["n_samples"], RULES.challenges[2])
            target = np.full(len(start), r5["externalizing"][run["subject"]], np.float32)
            parts[2].append((i, start, target, run["subject"]))
    names = tuple(f"sub-{run['subject']}_task-contrastChangeDetection_run-{run['run']}" for run in r5["runs"])
    return {number: _table(number, rows) for number, rows in parts.items()}, names


def _table(number, rows):
    return WindowTable(
        number,
        np.concatenate([np.full(len(start), i) for i, start, _, _ in rows]),
        np.concatenate([start for _, start, _, _ in rows]),
        np.concatenate([target for _, _, target, _ in rows]),
        np.array([subject for _, start, _, subject in rows for _ in start]),
    )


def small_tables(subjects=("S1", "S2", "S3", "S4", "S5", "S6"), n_trials=12, seed=1):
    """Window tables of a few subjects with two recordings each."""
    rng = np.random.default_rng(seed)
    rows = [
        (i, 300 * np.arange(n_trials), rng.normal(1.6, 0.4, n_trials).astype(np.float32), subjects[i // 2])
        for i in range(2 * len(subjects))
    ]
    constant = [(i, start, np.full(n_trials, 0.3 * (i // 2), np.float32), who) for i, start, _, who in rows]
    names = tuple(f"sub-{subject}_run-{run}" for subject in subjects for run in (1, 2))
    return {1: _table(1, rows), 2: _table(2, constant)}, names


def with_predictions(evaluation, number, predictions):
    """Replace the predictions of a challenge."""
    windows = dict(evaluation.windows)
    windows[number] = replace(windows[number], predictions=np.asarray(predictions, np.float64))
    return with_scores(evaluation, windows, dict.fromkeys(windows, ""), RULES)
