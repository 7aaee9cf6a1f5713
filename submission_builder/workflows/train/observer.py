"""Callbacks of a training run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_zoo.training.record import EpochRecord, JobReport
    from submission_builder.base.jobs import Jobs
    from submission_builder.workflows.train.data import LoadedRelease


class TrainObserver(Protocol):
    """Callbacks of a training run; a subclass overrides those that it needs.

    Where jobs run in other processes, the observer is pickled to them.

    Examples
    --------
    >>> import submission_builder as sb
    >>> class Printed(sb.TrainObserver):
    ...     def epoch(self, net, record):
    ...         print(net, record.epoch)
    >>> settings = {"challenge": 1, "train": release_folder, "epochs": 1, "output": output_folder / "observed"}
    >>> run = sb.train("cnn", **settings, observer=Printed())
    cnn.c1-seed0 1
    """

    def loaded(self, releases: Sequence[LoadedRelease]) -> None:
        """Receive the releases of the run, before it starts."""
        del releases

    def run_started(self, name: str) -> None:
        """Receive the name of a run whose folds are trained next, where several runs have folds."""
        del name

    def epoch(self, net: str, record: EpochRecord) -> None:
        """Receive the figures of an epoch, in the process that trains the net."""
        del net, record

    def job_report(self, nets: Sequence[str], jobs: Jobs) -> JobReport:
        """Return the function that each job calls with the name of its net; its result receives each epoch.

        Parameters
        ----------
        nets
            Names of the nets that are trained next.
        jobs
            Where they are trained. The function is pickled, unless they are trained in this process.
        """
        del nets, jobs
        return partial(partial, self.epoch)


class NoObserver(TrainObserver):
    """An observer that ignores all callbacks."""
