"""Train several runs, rank them, and advise which one to build."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from submission_builder.base.errors import CheckpointError, OutputError, ReleaseError, ScoreError
from submission_builder.diagnostics.advice import Advice
from submission_builder.diagnostics.diagnosis import DiagnosisKind
from submission_builder.workflows.train.next_steps import build_command
from submission_builder.workflows.train.one_net import train_one_net
from submission_builder.workflows.train.train_run import train_run
from submission_builder.workflows.train.training_runs import FailedRun, TrainingRuns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from submission_builder.workflows.train.data import TrainingData
    from submission_builder.workflows.train.options import TrainingOptions
    from submission_builder.workflows.train.run_spec import RunSpec
    from submission_builder.workflows.train.training_run import TrainingRun

    Finished = TrainingRun | FailedRun

_OF_ONE_RUN = (ScoreError, ReleaseError, CheckpointError, OutputError)
"""Errors that end one run. Any other error would end all of them."""


def train_each(specs: Sequence[RunSpec], data: TrainingData, options: TrainingOptions) -> list[Finished]:
    """Train several runs, each on its own. The jobs are the runs, or the folds of one run after the other."""
    if specs[0].config.folds:
        return [attempt(spec, partial(_train_folds, spec, data, options)) for spec in specs]
    report = options.observer.job_report([spec.name for spec in specs], options.jobs)
    context = options.context(data, report)
    return options.jobs.run(
        (partial(attempt, spec, partial(train_one_net, spec, context)) for spec in specs), one_per_process=True
    )


def attempt(spec: RunSpec, work: Callable[[], TrainingRun | None]) -> Finished:
    """Train a run; return an error that concerns this run alone as its result."""
    try:
        run = work()
    except _OF_ONE_RUN as error:
        return FailedRun(spec.name, error)
    if run is None:  # several runs are refused in distributed training
        raise RuntimeError(f"{spec.name} has no result")
    return run


def rank(finished: Iterable[Finished]) -> TrainingRuns:
    """Sort runs by the score that decides, best first, and advise what to do with them."""
    every = list(finished)
    runs = sorted((one for one in every if not isinstance(one, FailedRun)), key=_nrmse)
    failures = tuple(one for one in every if isinstance(one, FailedRun))
    return TrainingRuns(tuple(runs), failures, tuple(advise_on(runs)))


def advise_on(runs: Sequence[TrainingRun]) -> list[Advice]:
    """Advise what to do with runs, and then what else is possible.

    Parameters
    ----------
    runs
        Best first.
    """
    leaks = [run for run in runs if any(diagnosis.kind is DiagnosisKind.LEAKAGE for diagnosis in run.diagnoses)]
    gained = [run for run in runs if run.advice.build]
    if not runs:
        return []
    first = (leaks or gained or runs)[0]
    best = replace(first.advice, message=f"{first.name}: {first.advice.message}")
    if leaks or len(runs) == 1:
        return [best]
    ensembles = [str(run.ensemble) for run in runs if run.ensemble]
    return [_blend(ensembles)] if ensembles else [best, *_mean(gained)]


def _train_folds(spec: RunSpec, data: TrainingData, options: TrainingOptions) -> TrainingRun | None:
    options.observer.run_started(spec.name)
    return train_run(spec, data, options)


def _nrmse(run: TrainingRun) -> float:
    nrmse = run.final_split.score.nrmse
    return math.inf if nrmse is None else nrmse


def _blend(ensembles: Sequence[str]) -> Advice:
    message = "fit the weight of each run in an ensemble to its out-of-fold predictions"
    return Advice(build=False, message=message, command=shlex.join(["subpack", "blend", *ensembles]))


def _mean(gained: Sequence[TrainingRun]) -> list[Advice]:
    weights = [str(checkpoint.weights) for run in gained for checkpoint in run.checkpoints]
    if len(weights) < 2 or any("+" in path for path in weights):  # noqa: PLR2004 - "+" separates nets in --c1
        return []
    message = f"build the mean of the {len(weights)} runs that beat the baseline, so that none is selected by its score"
    return [Advice(build=True, message=message, command=build_command(gained[0].card.challenge, "+".join(weights)))]
