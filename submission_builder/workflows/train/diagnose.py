"""Diagnose a trained run and advise what to do with it."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.diagnostics.advice import advise
from submission_builder.diagnostics.bounds import bound
from submission_builder.diagnostics.curves import curve_diagnoses, score_diagnoses
from submission_builder.workflows.train.next_steps import next_steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.diagnostics.advice import Advice
    from submission_builder.diagnostics.diagnosis import Diagnosis
    from submission_builder.workflows.train.data import TrainingData
    from submission_builder.workflows.train.net_job import Curve
    from submission_builder.workflows.train.run_spec import RunSpec
    from submission_builder.workflows.train.split_scores import SplitScores


def with_bound(split: SplitScores, data: TrainingData) -> SplitScores:
    """Add the best plausible score of the split's releases."""
    every, challenge = data.releases.all(), split.table.challenge
    releases = [every[number].release for number in np.unique(data.release_of(split.table))]
    ideals = [release.ideal(challenge) for release in releases]
    best = bound(challenge, ideals, n_simulated=sum(release.simulated for release in releases))
    return replace(split, bound=best)


def diagnose(
    spec: RunSpec, packed: Path, curves: Sequence[Curve], held_out: Sequence[SplitScores]
) -> tuple[tuple[Diagnosis, ...], Advice]:
    """Diagnose learning curves and scores, and advise what to do.

    Parameters
    ----------
    spec
        The run.
    packed
        What can be built: the weights, or the ensemble of the folds.
    curves
        Of each net.
    held_out
        The splits that no net was trained on; the last one decides.
    """
    of_curves = [curve_diagnoses(curve.name, curve.records, curve.best_epoch) for curve in curves if curve.records]
    of_scores = [score_diagnoses(split.name, split.score, split.baselines, split.bound) for split in held_out]
    diagnoses = tuple(chain(*of_curves, *of_scores))
    return diagnoses, advise(diagnoses, held_out[-1].name, next_steps(spec, packed))
