"""Several runs, architectures by seeds: each is trained as it would be alone, and one that fails ends alone."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import CheckpointError, OutputError, ReleaseError, ScoreError, SubpackError
from submission_builder.diagnostics.advice import Advice
from submission_builder.diagnostics.diagnosis import DiagnosisKind
from submission_builder.workflows.train.next_steps import build_command
from submission_builder.workflows.train.result import TrainingResult, training_result
from submission_builder.workflows.train.single import train

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig
    from model_zoo.training.record import EpochRecord, JobReport
    from submission_builder.base.jobs import Jobs
    from submission_builder.workflows.train.data import Data

_OF_ONE_RUN = (ScoreError, ReleaseError, CheckpointError, OutputError)
"""Errors that end one run; any other would end all of them."""


@dataclass(frozen=True)
class RunSpec:
    """A net and how it is trained."""

    row: Architecture
    config: RunConfig

    @property
    def name(self) -> str:
        """``ARCHITECTURE.TAG``, the stem of its weights."""
        return f"{self.row.name}.{self.config.name}"

    def ensemble(self, folder: Path) -> Path:
        """Where the mean of its folds is written."""
        return folder / f"{self.name}-{self.config.folds}folds.toml"


@dataclass(frozen=True)
class FinishedRun:
    """A run that came to its end.

    Attributes
    ----------
    run
        Which.
    result
        What is said of it; None where it failed.
    error
        Why it failed.
    """

    run: RunSpec
    result: TrainingResult | None = None
    error: SubpackError | None = None

    @property
    def nrmse(self) -> float:
        """Score of the side that decides; infinite where there is none."""
        score = self.result.decisive.score.nrmse if self.result else None
        return np.inf if score is None else score

    def epochs(self) -> dict[str, tuple[EpochRecord, ...]]:
        """Epochs by what a log calls them: the run, or each of its folds."""
        curves = self.result.curves if self.result else ()
        alone = len(curves) == 1
        return {self.run.name if alone else f"{self.run.name}, {curve.name}": curve.records for curve in curves}


def train_each(
    runs: Sequence[RunSpec], data: Data, folder: Path, *, resume: bool, report_run: JobReport, jobs: Jobs
) -> list[FinishedRun]:
    """Train and training_result runs that do not know of each other.

    Each ends in the bytes that it would end in alone with as many threads: sums are taken in another order by more.

    Parameters
    ----------
    runs
        Each makes weights of its own name.
    data, folder, resume
        As for :func:`submission_builder.workflows.train.single.train`.
    report_run
        Told of each run.
    jobs
        Where they are trained.
    """
    one = partial(_alone, data=data, folder=folder, resume=resume, report_run=report_run)
    return jobs.run((partial(attempt, run, partial(one, run)) for run in runs), one_per_process=True)


def attempt(run: RunSpec, work: Callable[[], TrainingResult | None]) -> FinishedRun:
    """Bring a run to its end, good or bad."""
    try:
        return FinishedRun(run, work())
    except _OF_ONE_RUN as error:
        return FinishedRun(run, error=error)


def ranked(ended: Sequence[FinishedRun]) -> list[FinishedRun]:
    """Sort by what decides, best first; those that failed are last."""
    return sorted(ended, key=lambda one: (one.result is None, one.nrmse))


def advise_on(ended: Sequence[FinishedRun], folder: Path) -> list[Advice]:
    """Say what to do with runs, and after it what could be done instead.

    Parameters
    ----------
    ended
        As :func:`ranked` sorts them.
    folder
        Where their weights are.
    """
    judged = [(one.run, one.result) for one in ended if one.result]
    leaks = [pair for pair in judged if any(diagnosis.kind is DiagnosisKind.LEAKAGE for diagnosis in pair[1].diagnoses)]
    gained = [pair for pair in judged if pair[1].advice.build]
    if not judged:
        return []
    first, result = (leaks or gained or judged)[0]
    best = replace(result.advice, message=f"{first.name}: {result.advice.message}")
    if leaks or len(judged) == 1:
        return [best]
    if first.config.folds:
        return [_blend([run.ensemble(folder) for run, _ in judged])]
    return [best, *_mean([result for _, result in gained])]


def _alone(run: RunSpec, data: Data, folder: Path, *, resume: bool, report_run: JobReport) -> TrainingResult | None:
    trained = train(run.row, data, run.config, folder, resume=resume, report=report_run(run.name))
    return training_result(trained, data, run.row, run.config) if trained else None


def _blend(ensembles: Sequence[Path]) -> Advice:
    said = "weigh the runs by their predictions to subjects that they never saw"
    return Advice(build=False, message=said, command=shlex.join(["subpack", "blend", *map(str, ensembles)]))


def _mean(gained: Sequence[TrainingResult]) -> list[Advice]:
    weights = [str(checkpoint.weights) for result in gained for checkpoint in result.checkpoints]
    if len(weights) < 2 or any("+" in path for path in weights):  # noqa: PLR2004 - a + stands between nets
        return []
    said = f"average the {len(weights)} that gained, so that none is picked"
    return [Advice(build=True, message=said, command=build_command(gained[0].card.challenge, "+".join(weights)))]
