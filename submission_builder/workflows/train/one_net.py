"""Train a run without folds: one net."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.workflows.train.diagnose import diagnose, with_bound
from submission_builder.workflows.train.net_job import NetJob
from submission_builder.workflows.train.splits import split_run
from submission_builder.workflows.train.train_net import train_net
from submission_builder.workflows.train.training_run import TrainingRun

if TYPE_CHECKING:
    from submission_builder.workflows.train.options import TrainingContext
    from submission_builder.workflows.train.run_spec import RunSpec


def train_one_net(spec: RunSpec, context: TrainingContext) -> TrainingRun | None:
    """Train one net and diagnose it; None in a helper process of distributed training."""
    data = context.data
    job = NetJob(spec, split_run(spec, data), tag=spec.config.name, name=spec.name, label="epochs")
    trained = train_net(job, context)
    if trained is None:
        return None
    train, *others = trained.scores.values()
    held_out = tuple(with_bound(split, data) for split in others)
    diagnoses, advice = diagnose(spec, trained.checkpoint.weights, [trained.curve], held_out)
    return TrainingRun(
        name=spec.name,
        checkpoints=(trained.checkpoint,),
        data=data.describe(),
        curves=(trained.curve,),
        train=train,
        held_out=held_out,
        diagnoses=diagnoses,
        advice=advice,
    )
