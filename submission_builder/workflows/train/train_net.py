"""Train one net: fit, predict, score, and write the checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_zoo.checkpoint import load_net, read_checkpoint, write_checkpoint
from model_zoo.training.fit import fit, is_rank_zero, predict
from model_zoo.training.resume_state import ResumeState, changes
from model_zoo.training.splits import subjects_digest
from submission_builder.base.errors import CheckpointError
from submission_builder.scores.baselines import baseline_predictions
from submission_builder.workflows.train.make_card import make_card
from submission_builder.workflows.train.net_job import Curve, TrainedNet
from submission_builder.workflows.train.split_scores import SplitScores, score_split

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn

    from submission_builder.protocol.windows import WindowTable
    from submission_builder.workflows.train.data import TrainingData
    from submission_builder.workflows.train.net_job import NetJob
    from submission_builder.workflows.train.options import TrainingContext


def train_net(job: NetJob, context: TrainingContext) -> TrainedNet | None:
    """Train one net and write its checkpoint; an interrupted training continues from its last finished epoch.

    Returns
    -------
    TrainedNet or None
        None in a helper process of distributed training.

    Raises
    ------
    ReleaseError
        If a window is not finite, or there are too few subjects or windows.
    ScoreError
        If training diverged.
    CheckpointError
        If finished weights or the state of an interrupted training belong to another run.
    """
    report = context.report(job.name)
    weights, data = job.weights(context.output), context.data
    if context.resume and weights.exists():
        return _reuse(job, weights, data)
    context.output.mkdir(parents=True, exist_ok=True)
    state, splits = ResumeState.beside(weights), job.splits
    fitted = fit(job.spec.build, splits.train, splits.val, data.reader, job.spec.config, report=report, state=state)
    if not is_rank_zero():
        return None
    scores = _score(fitted.net, job, splits.tables(), data)
    checkpoint = write_checkpoint(fitted.net, make_card(job, fitted, scores, data), context.output)
    state.remove()
    curve = Curve(job.label, fitted.records, fitted.best_epoch)
    return TrainedNet(checkpoint, curve, {key: scores[key] for key in job.splits.reported()})


def _reuse(job: NetJob, weights: Path, data: TrainingData) -> TrainedNet:
    """Score finished weights; their learning curve is not kept.

    Raises
    ------
    CheckpointError
        If they belong to another run.
    """
    checkpoint = read_checkpoint(weights)
    card, splits, spec = checkpoint.card, job.splits, job.spec
    subjects = subjects_digest(splits.fitted_subjects)
    before = {**card.config, "subjects": card.subjects_digest}
    if changed := changes(before, {**spec.config.card(), "subjects": subjects}):
        raise CheckpointError(
            f"{weights} belongs to another run{changed}", hint="--force starts a new run, --tag sets another name"
        )
    scores = _score(load_net(checkpoint), job, splits.reported(), data)
    return TrainedNet(checkpoint, Curve(job.label, (), card.split["best_epoch"]), scores)


def _score(
    net: nn.Module, job: NetJob, tables: Mapping[str, WindowTable], data: TrainingData
) -> dict[str, SplitScores]:
    """Predict and score splits, by their keys in a card."""
    names = {"train": "train", "val": "validation", "test": "test", "fold": job.label}
    known = job.splits.baseline
    scores = {}
    for key, table in tables.items():
        predictions = predict(net, table, data.reader)
        without_eeg = (
            {} if key == "train" else baseline_predictions(known.target, data.release_of(known), data.release_of(table))
        )
        scores[key] = score_split(names[key], table, predictions, without_eeg)
    return scores
