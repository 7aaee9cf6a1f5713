"""The options of a call that concern no net: folders, jobs and progress."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model_zoo.training.fit import is_rank_zero
from submission_builder.base.errors import ConfigError, ConflictError
from submission_builder.base.jobs import SERIAL, Jobs
from submission_builder.workflows.train.observer import NoObserver, TrainObserver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_zoo.training.config import RunConfig
    from model_zoo.training.record import JobReport
    from submission_builder.base.progress import Progress
    from submission_builder.workflows.train.data import TrainingData
    from submission_builder.workflows.train.run_spec import RunSpec


@dataclass(frozen=True)
class TrainingOptions:
    """Where results are written, where jobs run, and who observes them."""

    output: Path
    resume: bool
    force: bool
    jobs: Jobs
    observer: TrainObserver
    progress: Progress

    def context(self, data: TrainingData, report: JobReport) -> TrainingContext:
        """Return what every net of a run shares."""
        return TrainingContext(data, self.output, self.resume, report)


@dataclass(frozen=True)
class TrainingContext:
    """What every net of a run shares; it is pickled where jobs run in other processes."""

    data: TrainingData
    output: Path
    """Folder of the weights."""
    resume: bool
    """Whether finished weights are reused."""
    report: JobReport
    """Called by each job with the name of its net; returns the function that receives each epoch."""


def training_options(
    output: str | Path,
    *,
    resume: bool,
    force: bool,
    jobs: Jobs | None,
    observer: TrainObserver | None,
    progress: Progress,
) -> TrainingOptions:
    """Replace arguments that are not given by their defaults.

    The workers of an engine have other working folders, so that they need an absolute path. Of several processes that
    train one net, the first alone reports.

    Raises
    ------
    ConflictError
        If both `resume` and `force` are set.
    """
    if resume and force:
        raise ConflictError("force and resume cannot both be given: force starts a new run, resume continues one")
    jobs, folder = jobs or SERIAL, Path(output)
    return TrainingOptions(
        output=folder if jobs.serial else folder.absolute(),
        resume=resume,
        force=force,
        jobs=jobs,
        observer=observer if observer and is_rank_zero() else NoObserver(),
        progress=progress,
    )


def require_compatible(specs: Sequence[RunSpec], jobs: Jobs) -> None:
    """Refuse jobs and processes that exclude each other.

    Raises
    ------
    ConfigError
        If each job would start processes of its own.
    ConflictError
        If there is one net only for several jobs, or several runs would share processes.
    """
    config = specs[0].config
    require_one_process(config, jobs)
    if len(specs) == 1 and not config.folds and not jobs.serial:
        raise ConflictError(
            "one net is trained by one job; jobs and backend need folds, seeds or several architectures"
        )
    if len(specs) > 1 and config.n_processes > 1:
        raise ConflictError("devices and nodes apply to a single run, not to several")


def require_one_process(config: RunConfig, jobs: Jobs) -> None:
    """Refuse jobs that would each start processes of their own.

    Raises
    ------
    ConfigError
        If they would.
    """
    if config.n_processes > 1 and not jobs.serial:
        raise ConfigError(f"jobs and {config.n_processes} processes per net (devices, nodes) cannot both be given")
