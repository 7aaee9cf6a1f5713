"""A training run with all that is said of it: what its report shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from submission_builder.diagnostics.advice import advise
from submission_builder.diagnostics.bounds import bound
from submission_builder.diagnostics.curves import curve_diagnoses, score_diagnoses
from submission_builder.scores.baselines import baseline_predictions, baseline_scores
from submission_builder.workflows.train.next_steps import remedies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from model_zoo.card import Card
    from model_zoo.checkpoint import Checkpoint
    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig
    from model_zoo.training.record import EpochRecord
    from submission_builder.diagnostics.advice import Advice, NextSteps
    from submission_builder.diagnostics.bounds import Bound
    from submission_builder.diagnostics.diagnosis import Diagnosis
    from submission_builder.protocol.windows import WindowTable
    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.train.cross_validation import CrossValidated
    from submission_builder.workflows.train.data import Data
    from submission_builder.workflows.train.single import Trained


@dataclass(frozen=True)
class Curve:
    """The epochs of one net.

    Attributes
    ----------
    name
        ``epochs``, or which fold.
    records
        One an epoch; none where a fold was trained before an interruption.
    best_epoch
        Whose weights were kept, counted from 1.
    """

    name: str
    records: tuple[EpochRecord, ...]
    best_epoch: int


@dataclass(frozen=True)
class SplitScores:
    """A side that was not trained on.

    Attributes
    ----------
    name
        ``val``, ``test``, ``fold 1`` … or ``out of fold``.
    target, predictions, subject
        By window.
    score
        What the predictions are worth.
    baselines
        What can be had without EEG, by name.
    bound
        What nobody has passed; None where that is not known, and for a single fold.
    """

    name: str
    target: NDArray[np.float32]
    predictions: NDArray[np.float64]
    subject: NDArray[np.str_]
    score: ChallengeScore
    baselines: Mapping[str, float]
    bound: Bound | None


@dataclass(frozen=True)
class TrainingResult:
    """A training run with all that is said of it.

    Attributes
    ----------
    checkpoints
        The net; one a fold, where there are folds.
    name
        What the run is called.
    data
        The releases, as a card keeps them.
    curves
        One a net.
    train
        Score of the side that was trained on; None where there are folds.
    sides
        Those that were not trained on; the last decides.
    mean_and_std
        Of the folds' nrmse; None where there are none, or one is not defined.
    diagnoses, advice
        What is said.
    """

    checkpoints: tuple[Checkpoint, ...]
    name: str
    data: tuple[dict[str, Any], ...]
    curves: tuple[Curve, ...]
    train: ChallengeScore | None
    sides: tuple[SplitScores, ...]
    mean_and_std: tuple[float, float] | None
    diagnoses: tuple[Diagnosis, ...]
    advice: Advice

    @property
    def card(self) -> Card:
        """Card of the first net: of folds, it holds what they share."""
        return self.checkpoints[0].card

    @property
    def simulated(self) -> bool:
        """Whether a release of the run is simulated."""
        return any(data["simulated"] for data in self.data)

    @property
    def decisive(self) -> SplitScores:
        """The side whose gain counts: one that chose nothing, if there is one."""
        return self.sides[-1]

    def scores(self) -> list[tuple[str, ChallengeScore, Mapping[str, float]]]:
        """Name, score and baselines of every side."""
        held_out = [(side.name, side.score, side.baselines) for side in self.sides]
        return [("train", self.train, {}), *held_out] if self.train else held_out


def training_result(trained: Trained, data: Data, row: Architecture, config: RunConfig) -> TrainingResult:
    """Judge one net.

    Parameters
    ----------
    trained
        The net, its epochs and its sides.
    data
        The releases of the run.
    row, config
        What was trained, and how.
    """
    train = trained.sides["train"]
    releases = _Releases(data)
    sides = [
        releases.side(
            name, side.table, side.predictions, side.score, releases.baseline_predictions(train.table, side.table)
        )
        for name, side in trained.sides.items()
        if side is not train
    ]
    curve = Curve("epochs", trained.fitted.records, trained.fitted.best_epoch)
    todo = remedies(row, config, trained.checkpoint.weights)
    return _judgement(
        (trained.checkpoint,), trained.checkpoint.card.name, data, (curve,), train.score, sides, None, todo
    )


def cross_validation_result(
    result: CrossValidated, data: Data, row: Architecture, config: RunConfig, ensemble: Path
) -> TrainingResult:
    """Judge a cross-validation.

    Parameters
    ----------
    result
        All folds.
    data, row, config
        As for :func:`training_result`.
    ensemble
        Where the mean of the folds was written.
    """
    releases = _Releases(data)
    whole = data.joined().train
    sides, curves, known = [], [], []
    for number, fold in enumerate(result.folds, 1):
        rest = whole.select(~np.isin(whole.subject, fold.held_out.subject))
        known.append(releases.baseline_predictions(rest, fold.held_out))
        side = releases.side(f"fold {number}", fold.held_out, fold.predictions, fold.score, known[-1])
        sides.append(replace(side, bound=None))  # a single fold is so small that it passes the bound by chance
        curves.append(Curve(f"fold {number}", fold.records, fold.checkpoint.card.split["best_epoch"]))
    baseline_predictions = {
        name: np.concatenate([one[name] for one in known]) for name in known[0] if all(name in one for one in known)
    }
    sides.append(releases.side("out of fold", result.table, result.predictions, result.score, baseline_predictions))
    checkpoints = tuple(fold.checkpoint for fold in result.folds)
    name = f"{row.name}.{config.name}, {len(curves)} folds by subject"
    todo = remedies(row, config, ensemble)
    return _judgement(checkpoints, name, data, tuple(curves), None, sides, result.mean_and_std(), todo)


def _judgement(
    checkpoints: tuple[Checkpoint, ...],
    name: str,
    data: Data,
    curves: tuple[Curve, ...],
    train: ChallengeScore | None,
    sides: Sequence[SplitScores],
    mean_and_std: tuple[float, float] | None,
    todo: NextSteps,
) -> TrainingResult:
    seen = [curve_diagnoses(curve.name, curve.records, curve.best_epoch) for curve in curves if curve.records]
    judged = [score_diagnoses(side.name, side.score, side.baselines, side.bound) for side in sides]
    diagnoses = tuple(chain(*seen, *judged))
    releases = tuple(item.describe() for item in data.releases)
    advice = advise(diagnoses, sides[-1].name, todo)
    return TrainingResult(checkpoints, name, releases, curves, train, tuple(sides), mean_and_std, diagnoses, advice)


class _Releases:
    """Which release each window is of.

    Parameters
    ----------
    data
        The releases of the run.
    """

    def __init__(self, data: Data) -> None:
        self._releases = [item.release for item in data.releases]
        self._first = data.joined().reader.first

    def baseline_predictions(self, train: WindowTable, side: WindowTable) -> dict[str, NDArray[np.float64]]:
        """Answer a side by the targets trained on."""
        return baseline_predictions(train.target, self._of(train), self._of(side))

    def side(
        self,
        name: str,
        table: WindowTable,
        predictions: NDArray[np.float64],
        score: ChallengeScore,
        known: Mapping[str, NDArray[np.float64]],
    ) -> SplitScores:
        """Put baselines and bound beside a score."""
        releases = [self._releases[number] for number in np.unique(self._of(table))]
        ideals = [release.ideal(table.challenge) for release in releases]
        best = bound(table.challenge, ideals, n_simulated=sum(release.simulated for release in releases))
        return SplitScores(
            name, table.target, predictions, table.subject, score, baseline_scores(table.target, known), best
        )

    def _of(self, table: WindowTable) -> NDArray[np.int64]:
        return np.searchsorted(self._first, table.recording, side="right") - 1
