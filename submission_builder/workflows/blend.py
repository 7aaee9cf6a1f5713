"""Joins cross-validations and the freeze: predictions of nets that never saw the subject in, an ensemble to build out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w

from model_zoo.checkpoint import read_checkpoint
from model_zoo.training.splits import fold_subjects
from submission_builder.base.atomic import atomic_file
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.recipe_file import PART, read_part
from submission_builder.scores.ensemble_weights import EnsembleWeights, fit_ensemble_weights
from submission_builder.workflows.train.out_of_fold import OutOfFold, read_out_of_fold
from submission_builder.workflows.train.single import score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from submission_builder.protocol.windows import WindowTable
    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.train.cross_validation import CrossValidated

_FOLDS = 5


@dataclass(frozen=True)
class CrossValidationRun:
    """A cross-validation, as :func:`write_folds` left it.

    Attributes
    ----------
    path
        Its file.
    nets
        Weights of its folds.
    challenge
        Number of the challenge.
    simulated
        Whether anything that it rests on is simulated.
    out_of_fold
        Its predictions.
    """

    path: Path
    nets: tuple[Path, ...]
    challenge: int
    simulated: bool
    out_of_fold: OutOfFold


@dataclass(frozen=True)
class Blended:
    """Runs joined.

    Attributes
    ----------
    runs, alone
        The runs, and the score of each.
    mean
        Score of their plain mean.
    fitted
        Score of shares that were fitted to other subjects than those scored.
    shares
        Fitted to all subjects.
    """

    runs: tuple[CrossValidationRun, ...]
    alone: tuple[ChallengeScore, ...]
    mean: ChallengeScore
    fitted: ChallengeScore
    shares: EnsembleWeights

    @property
    def fit_holds(self) -> bool:
        """Whether fitted shares do better than the plain mean on subjects they were not fitted to."""
        scores = self.fitted.nrmse, self.mean.nrmse
        return scores[0] is not None and scores[1] is not None and scores[0] < scores[1]

    @property
    def constant(self) -> bool:
        """Whether nothing of the runs is left in what is kept."""
        return self.fit_holds and not self.shares.factor


def write_folds(result: CrossValidated, path: Path) -> None:
    """Write the mean of the folds as an ensemble to build, and the out-of-fold predictions beside it."""
    folds = result.folds
    OutOfFold.of(result.table, result.predictions).write(path.with_suffix(".csv"))
    nets = {fold.checkpoint.weights: 1 / len(folds) for fold in folds}
    _write_part(path, _part(nets, path), _said(f"the mean of {len(folds)} folds", result.score))


def read_cross_validation(path: Path) -> CrossValidationRun:
    """Read a cross-validation.

    Raises
    ------
    RecipeError
        If the file is not that of a cross-validation.
    CheckpointError
        If its weights or predictions are missing or damaged.
    """
    if path.suffix != PART:
        raise RecipeError(f"{path} is no {PART} file; subpack train --folds writes one")
    nets = tuple(Path(spec.net) for spec in read_part(path).nets)
    cards = [read_checkpoint(net).card for net in nets]
    challenges = {card.challenge for card in cards}
    if len(challenges) > 1:
        raise RecipeError(f"{path} holds nets of both challenges; one is expected")
    simulated = any(data["simulated"] for card in cards for data in card.data)
    challenge = challenges.pop()
    return CrossValidationRun(path, nets, challenge, simulated, read_out_of_fold(path.with_suffix(".csv"), challenge))


def blend(runs: Sequence[CrossValidationRun]) -> Blended:
    """Fit how much each run counts.

    Raises
    ------
    RecipeError
        If the runs did not prediction the same windows.
    """
    first = runs[0].out_of_fold
    for run in runs[1:]:
        if run.challenge != runs[0].challenge or not run.out_of_fold.is_of_the_windows_of(first):
            raise RecipeError(
                f"{run.path} and {runs[0].path} did not prediction the same windows; a blend takes one data"
            )
    predictions = np.column_stack([run.out_of_fold.predictions for run in runs])
    table = first.table
    return Blended(
        tuple(runs),
        tuple(score(table, column) for column in predictions.T),
        score(table, predictions.mean(1)),
        score(table, _nested(table, predictions)),
        fit_ensemble_weights(table.target, predictions, table.n_subjects),
    )


def write_blend(blended: Blended, path: Path) -> None:
    """Write what to build: fitted shares where they hold, or the constant that they come to, else the plain mean."""
    n_runs, fitted = len(blended.runs), blended.shares
    if blended.constant:
        content: dict[str, Any] = {"net": f"constant:{fitted.mean!r}"}
    elif blended.fit_holds:
        content = {"wrap": [f"shrink:{fitted.factor!r},{fitted.mean!r}"]} | _weighed(blended, fitted.weights, path)
    else:
        content = _weighed(blended, (1 / n_runs,) * n_runs, path)
    what = f"{'fitted shares' if blended.fit_holds else 'the mean'} of {n_runs} run(s)"
    _write_part(path, content, _said(what, blended.fitted if blended.fit_holds else blended.mean))


def _weighed(blended: Blended, shares: Sequence[float], path: Path) -> dict[str, Any]:
    pairs = zip(blended.runs, shares, strict=True)
    return _part({net: share / len(run.nets) for run, share in pairs for net in run.nets if share}, path)


def _nested(table: WindowTable, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predictions to each subject by shares that were fitted to others."""
    joined = np.empty(len(table))
    for rest, held_out in fold_subjects(table, min(_FOLDS, table.n_subjects)):
        mine = np.isin(table.subject, held_out.subject)
        joined[mine] = fit_ensemble_weights(rest.target, predictions[~mine], rest.n_subjects).combine(predictions[mine])
    return joined


def _said(what: str, score: ChallengeScore) -> str:
    interval = "{:.3f} to {:.3f}".format(*score.interval) if score.interval else "none"
    points = "undefined" if score.nrmse is None else f"{score.nrmse:.5f}"
    return f"{what}; out of fold nrmse {points}, 95 % interval {interval}, {score.n_subjects} subjects"


def _part(nets: dict[Path, float], path: Path) -> dict[str, Any]:
    return {"members": [{"net": os.path.relpath(net, path.parent), "share": share} for net, share in nets.items()]}


def _write_part(path: Path, content: dict[str, Any], said: str) -> None:
    with atomic_file(path) as part:
        part.write_text(f"# {said}\n{tomli_w.dumps(content)}", encoding="utf-8")
