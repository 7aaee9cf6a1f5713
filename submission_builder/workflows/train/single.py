"""Train an architecture on releases and keep the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_zoo.checkpoint import Checkpoint, load_state, read_checkpoint, weights_path, write_checkpoint
from model_zoo.training.fit import Fitted, fit, is_rank_zero, predict
from model_zoo.training.resume_state import ResumeState, changes
from model_zoo.training.splits import split_subjects, subjects_digest
from submission_builder.base.errors import CheckpointError
from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
from submission_builder.protocol.metrics import rounded
from submission_builder.scores.challenge_score import ChallengeScore, score_challenge
from submission_builder.workflows.train.make_card import make_card

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import nn

    from model_zoo.card import Card
    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig
    from model_zoo.training.record import EpochReport
    from submission_builder.protocol.windows import WindowReader, WindowTable
    from submission_builder.workflows.train.data import Data, Joined


@dataclass(frozen=True)
class Scored:
    """A side with a net's predictions.

    Attributes
    ----------
    table, predictions
        The windows, and what the net says to them.
    score
        What the predictions are worth.
    """

    table: WindowTable
    predictions: NDArray[np.float64]
    score: ChallengeScore


@dataclass(frozen=True)
class Trained:
    """A checkpoint and how it came about.

    Attributes
    ----------
    checkpoint
        Weights and card.
    fitted
        The net and its epochs.
    sides
        ``train``, ``val`` and, where a release was given for it, ``test``.
    """

    checkpoint: Checkpoint
    fitted: Fitted
    sides: dict[str, Scored]


def train(
    row: Architecture, data: Data, config: RunConfig, folder: Path, *, resume: bool = False, report: EpochReport
) -> Trained | None:
    """Train, score and write a checkpoint with its card.

    Parameters
    ----------
    row
        What to train.
    data
        What to train on, what chooses the epoch and what is scored.
    config
        Settings.
    folder
        Where weights and card go; beside them an interrupted run is kept, and goes on from there.
    resume
        Whether weights that are there are taken as they are, not trained again.
    report
        Told of each epoch.

    Returns
    -------
    Trained or None
        None in a process that only helps another one (DDP).

    Raises
    ------
    ReleaseError
        If there are too few subjects, or two releases share one.
    ScoreError
        If training diverged.
    CheckpointError
        If there are weights to take, and they are of another run.
    """
    joined = data.joined()
    sides = sides_of(joined, config)
    weights = weights_path(folder, row.name, config.name)
    if resume and weights.exists():
        checkpoint, fitted = finished(row, weights, sides, config)
        return Trained(checkpoint, fitted, score_sides(fitted.net, sides, joined))
    fitted = fit_sides(row, config.name, sides, joined.reader, config, folder, report=report)
    if not is_rank_zero():
        return None
    scored = score_sides(fitted.net, sides, joined)
    card = make_card(row, config.name, data, sides, fitted, card_scores(fitted.net, scored, data), config)
    return Trained(keep(fitted.net, card, folder), fitted, scored)


def sides_of(joined: Joined, config: RunConfig) -> tuple[WindowTable, WindowTable]:
    """Part what is trained on from what chooses the epoch: a release of its own, or a share of the subjects."""
    if joined.val is not None:
        return joined.train, joined.val
    return split_subjects(joined.train, config.val_share, config.seed)


def fit_sides(
    row: Architecture,
    tag: str,
    sides: tuple[WindowTable, WindowTable],
    reader: WindowReader,
    config: RunConfig,
    folder: Path,
    *,
    report: EpochReport,
) -> Fitted:
    """Fit on one side while the other chooses the epoch; an interrupted run is kept beside its weights-to-be."""
    folder.mkdir(parents=True, exist_ok=True)
    state = ResumeState.beside(weights_path(folder, row.name, tag))
    return fit(lambda: row.build(config.net), *sides, reader, config, report=report, state=state)


def finished(
    row: Architecture, weights: Path, sides: tuple[WindowTable, WindowTable], config: RunConfig
) -> tuple[Checkpoint, Fitted]:
    """Read a net that was trained before an interruption; its epochs are not known any more.

    Raises
    ------
    CheckpointError
        If it is of another run.
    """
    checkpoint = read_checkpoint(weights)
    card = checkpoint.card
    digest = subjects_digest(np.concatenate([side.subject for side in sides]))
    kept, told = {**card.config, "subjects": card.subjects_digest}, {**config.card(), "subjects": digest}
    if changed := changes(kept, told):
        raise CheckpointError(
            f"{weights} is of another run{changed}", hint="--force starts anew, --tag gives another name"
        )
    net = row.build(card.kwargs).eval()
    net.load_state_dict(load_state(weights))
    return checkpoint, Fitted(net, card.split["best_epoch"], ())


def side_scores(
    net: nn.Module, sides: tuple[WindowTable, WindowTable], joined: Joined, data: Data
) -> dict[str, dict[str, Any]]:
    """Score both sides, and the release that chose nothing, as a card keeps it."""
    return card_scores(net, score_sides(net, sides, joined), data)


def score_sides(net: nn.Module, sides: tuple[WindowTable, WindowTable], joined: Joined) -> dict[str, Scored]:
    """Score both sides, and the release that chose nothing."""
    tables = dict(zip(("train", "val"), sides, strict=True)) | ({"test": joined.test} if joined.test else {})
    scored = {}
    for name, table in tables.items():
        predictions = predict(net, table, joined.reader)
        scored[name] = Scored(table, predictions, score(table, predictions))
    return scored


def card_scores(net: nn.Module, scored: dict[str, Scored], data: Data) -> dict[str, dict[str, Any]]:
    """Say what a card keeps of the sides."""
    scores = {name: described(side.score) for name, side in scored.items()}
    trained = any(True for _ in net.parameters())
    scores["val"]["note"] = "these subjects chose the epoch" if trained else "the weights were solved without these"
    if data.test:
        scores["test"]["data"] = data.test.describe()
    return scores


def keep(net: nn.Module, card: Card, folder: Path) -> Checkpoint:
    """Write a checkpoint, then forget how its run could have gone on."""
    checkpoint = write_checkpoint(net, card, folder)
    ResumeState.beside(checkpoint.weights).remove()
    return checkpoint


def score(table: WindowTable, predictions: NDArray[np.float64]) -> ChallengeScore:
    """Score predictions by the current rules."""
    return score_challenge(table, predictions, PROFILES[DEFAULT_PROFILE])


def described(score: ChallengeScore) -> dict[str, Any]:
    """Say what a card keeps of a score."""
    return {
        "nrmse": None if score.nrmse is None else rounded(score.nrmse),
        "interval": score.interval,
        "reason": score.reason,
        "n_windows": score.n_windows,
        "n_subjects": score.n_subjects,
    }
