"""Train one run: one net, or one per fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.workflows.train.cross_validation import cross_validate
from submission_builder.workflows.train.one_net import train_one_net

if TYPE_CHECKING:
    from submission_builder.workflows.train.data import TrainingData
    from submission_builder.workflows.train.options import TrainingOptions
    from submission_builder.workflows.train.run_spec import RunSpec
    from submission_builder.workflows.train.training_run import TrainingRun


def train_run(spec: RunSpec, data: TrainingData, options: TrainingOptions) -> TrainingRun | None:
    """Train one net or its folds; None in a helper process of distributed training."""
    report = options.observer.job_report(spec.net_names, options.jobs)
    context = options.context(data, report)
    if spec.config.folds:
        return cross_validate(spec, context, options.jobs)
    return train_one_net(spec, context)
