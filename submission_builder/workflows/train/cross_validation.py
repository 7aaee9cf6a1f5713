"""Cross-validate by subject: a net that saw none of a subject's windows predicts them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from submission_builder.workflows.train.diagnose import diagnose, with_bound
from submission_builder.workflows.train.ensemble_file import members, write_ensemble
from submission_builder.workflows.train.net_job import NetJob
from submission_builder.workflows.train.out_of_fold import OutOfFold
from submission_builder.workflows.train.split_scores import pool
from submission_builder.workflows.train.splits import errors_of, split_folds
from submission_builder.workflows.train.train_net import train_net
from submission_builder.workflows.train.training_run import TrainingRun

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.base.jobs import Jobs
    from submission_builder.workflows.train.net_job import TrainedNet
    from submission_builder.workflows.train.options import TrainingContext
    from submission_builder.workflows.train.run_spec import RunSpec
    from submission_builder.workflows.train.split_scores import SplitScores


def cross_validate(spec: RunSpec, context: TrainingContext, jobs: Jobs) -> TrainingRun | None:
    """Train one net per fold on the subjects of the other folds, and diagnose the predictions of all folds.

    Beside the weights it writes the mean of the folds as an ensemble to build, and the out-of-fold predictions.

    Returns
    -------
    TrainingRun or None
        None in a helper process of distributed training.

    Raises
    ------
    ReleaseError
        If there are too few subjects.
    ScoreError
        If the training of a fold diverged.
    """
    trained = jobs.run((partial(_train_fold, job, context) for job in fold_jobs(spec, context)), one_per_process=True)
    nets = [net for net in trained if net]
    if not nets:
        return None
    folds = [net.scores["fold"] for net in nets]
    pooled = with_bound(pool(folds), context.data)
    ensemble = spec.ensemble(context.output)
    _write_folds(nets, pooled, ensemble)
    held_out, curves = (*folds, pooled), tuple(net.curve for net in nets)
    diagnoses, advice = diagnose(spec, ensemble, curves, held_out)
    return TrainingRun(
        name=spec.name,
        checkpoints=tuple(net.checkpoint for net in nets),
        data=context.data.describe(),
        curves=curves,
        train=None,
        held_out=held_out,
        diagnoses=diagnoses,
        advice=advice,
        ensemble=ensemble,
    )


def fold_jobs(spec: RunSpec, context: TrainingContext) -> list[NetJob]:
    """List the nets of a cross-validation."""
    folds = zip(split_folds(spec, context.data), spec.tags, spec.net_names, strict=True)
    return [
        NetJob(spec, splits, tag=tag, name=name, label=f"fold {number}")
        for number, (splits, tag, name) in enumerate(folds, 1)
    ]


def _train_fold(job: NetJob, context: TrainingContext) -> TrainedNet | None:
    with errors_of(job.name):
        return train_net(job, context)


def _write_folds(nets: list[TrainedNet], pooled: SplitScores, path: Path) -> None:
    """Write the mean of the folds, and the out-of-fold predictions beside it."""
    OutOfFold.of(pooled.table, pooled.predictions).write(path.with_suffix(".csv"))
    weights = {net.checkpoint.weights: 1 / len(nets) for net in nets}
    write_ensemble(path, members(weights, path), f"the mean of {len(nets)} folds", pooled.score)
