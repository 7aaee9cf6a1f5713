"""Evaluations of made-up predictions, without a replay."""

from pathlib import Path

import numpy as np
import pytest

from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.windows import WindowTable
from submission_builder.workflows.evaluate.evaluation import Evaluation, ReleaseSummary, RunSummary, ScoredWindows
from submission_builder.workflows.evaluate.scoring import with_scores

N_SUBJECTS, WINDOWS = 60, 20


def table_of(challenge, n_subjects):
    rng = np.random.default_rng(challenge)
    who = np.repeat(np.arange(n_subjects), WINDOWS)
    within = rng.normal(0, 0.3, len(who)) if challenge == 1 else 0
    target = (rng.normal(0, 0.2 if challenge == 1 else 1, n_subjects)[who] + within).astype(np.float32)
    subject = np.array([f"S{i:03}" for i in who])
    return WindowTable(challenge, who, np.arange(len(who)), target, subject)


@pytest.fixture
def evaluation():
    """Make an evaluation whose predictions keep a share of the targets and have noise of each subject."""

    def make(name, gain, *, noise=0.05, seed=0, profile="final", release="R5", digest="d", n_subjects=N_SUBJECTS):
        rng = np.random.default_rng(seed)
        windows = {}
        for challenge in (1, 2):
            table = table_of(challenge, n_subjects)
            wrong = noise * table.target.std() * rng.normal(size=n_subjects)[table.recording]
            windows[challenge] = ScoredWindows(table, (), gain * table.target + wrong)
        made = Evaluation(
            Path(name),
            profile,
            RunSummary("cpu", {}, 0.0),
            release=ReleaseSummary(release, simulated=release.startswith("SIMULATED"), digest=digest),
        )
        return with_scores(made, windows, dict.fromkeys(windows, ""), PROFILES[profile])

    return make
