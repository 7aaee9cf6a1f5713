"""Cross-validation by subject: every subject is scored by a net that never saw it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from model_zoo.checkpoint import weights_path
from model_zoo.training.fit import is_rank_zero, predict
from model_zoo.training.splits import fold_subjects, split_subjects
from submission_builder.base.errors import ReleaseError
from submission_builder.base.jobs import SERIAL, Jobs
from submission_builder.releases.joined import join_tables
from submission_builder.workflows.train.make_card import make_card
from submission_builder.workflows.train.preflight import tags
from submission_builder.workflows.train.single import described, finished, fit_sides, keep, score, side_scores

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from model_zoo.checkpoint import Checkpoint
    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig
    from model_zoo.training.record import EpochRecord, EpochReport, JobReport
    from submission_builder.protocol.windows import WindowTable
    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.train.data import Data, Joined


@dataclass(frozen=True)
class Fold:
    """One fold.

    Attributes
    ----------
    checkpoint
        The net that saw none of the fold's subjects.
    held_out
        The windows of the fold.
    predictions
        That net's predictions to them.
    score
        What they are worth; these subjects chose nothing.
    records
        What is known of each epoch; none where the fold was trained before an interruption.
    """

    checkpoint: Checkpoint
    held_out: WindowTable
    predictions: NDArray[np.float64]
    score: ChallengeScore
    records: tuple[EpochRecord, ...] = ()


@dataclass(frozen=True)
class CrossValidated:
    """All folds.

    Attributes
    ----------
    folds
        One by one.
    table, predictions
        The windows of all, fold by fold, and the out-of-fold predictions to them.
    score
        Of these predictions, pooled, with its interval over subjects.
    """

    folds: tuple[Fold, ...]
    table: WindowTable
    predictions: NDArray[np.float64]
    score: ChallengeScore

    def mean_and_std(self) -> tuple[float, float] | None:
        """Mean and standard deviation (ddof 1) of the folds' nrmse; None where one is not defined."""
        values = [fold.score.nrmse for fold in self.folds]
        defined = [value for value in values if value is not None]
        return (float(np.mean(defined)), float(np.std(defined, ddof=1))) if len(defined) == len(values) else None


def cross_validate(
    row: Architecture,
    data: Data,
    config: RunConfig,
    folder: Path,
    *,
    resume: bool = False,
    report_fold: JobReport,
    jobs: Jobs = SERIAL,
) -> CrossValidated | None:
    """Train one net a fold, each on the subjects of the others, and score it on its own.

    Of the subjects outside a fold, `val_share` choose the epoch, so that no fold chooses its own.

    Parameters
    ----------
    row, data, config, folder
        As for :func:`submission_builder.workflows.train.single.train`.
    resume
        Whether a fold whose weights are there is taken as it is, not trained again.
    report_fold
        Told of each fold.
    jobs
        Where the folds are trained; one does not change another's weights.

    Returns
    -------
    CrossValidated or None
        None in a process that only helps another one (DDP).

    Raises
    ------
    ReleaseError
        If there are too few subjects.
    ScoreError
        If training diverged.
    """
    joined = data.joined()
    splits = list(fold_subjects(joined.train, len(tags(config))))
    one = partial(_fold, row, data, joined, config, folder, resume=resume, report_fold=report_fold)
    whole = [
        fold
        for fold in jobs.run(
            (partial(one, number, split) for number, split in enumerate(splits, 1)), one_per_process=True
        )
        if fold
    ]
    if not whole:
        return None
    pooled = join_tables([fold.held_out for fold in whole], [0] * len(whole))
    predictions = np.concatenate([fold.predictions for fold in whole])
    return CrossValidated(tuple(whole), pooled, predictions, score(pooled, predictions))


def name_of_fold(number: int, config: RunConfig) -> str:
    """Say what a fold is called."""
    return f"fold {number} of {config.folds}"


def _fold(
    row: Architecture,
    data: Data,
    joined: Joined,
    config: RunConfig,
    folder: Path,
    number: int,
    split: tuple[WindowTable, WindowTable],
    *,
    resume: bool,
    report_fold: JobReport,
) -> Fold | None:
    names = tags(config)
    called = name_of_fold(number, config)
    report = report_fold(called)
    try:
        return _one(row, names[number - 1], data, joined, split, config, folder, resume=resume, report=report)
    except ReleaseError as error:
        raise ReleaseError(f"{called}: {error}") from error


def _one(
    row: Architecture,
    tag: str,
    data: Data,
    joined: Joined,
    split: tuple[WindowTable, WindowTable],
    config: RunConfig,
    folder: Path,
    *,
    resume: bool,
    report: EpochReport,
) -> Fold | None:
    rest, held_out = split
    sides = split_subjects(rest, config.val_share, config.seed)
    weights = weights_path(folder, row.name, tag)
    if resume and weights.exists():
        checkpoint, fitted = finished(row, weights, sides, config)
        predictions = predict(fitted.net, held_out, joined.reader)
        return Fold(checkpoint, held_out, predictions, score(held_out, predictions))
    fitted = fit_sides(row, tag, sides, joined.reader, config, folder, report=report)
    if not is_rank_zero():
        return None
    predictions = predict(fitted.net, held_out, joined.reader)
    own = score(held_out, predictions)
    scores = side_scores(fitted.net, sides, joined, data)
    scores["fold"] = described(own) | {"note": "these subjects were held out and chose nothing"}
    card = make_card(row, tag, data, sides, fitted, scores, config)
    return Fold(keep(fitted.net, card, folder), held_out, predictions, own, fitted.records)
