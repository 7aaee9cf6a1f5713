"""Flags that say where independent jobs run."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_zoo.training.config import RunConfig
    from submission_builder.base.jobs import Jobs


def job_options(backend: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--jobs``, ``--backend`` and ``--scheduler``; a backend of joblib is the default one."""
    options = (
        click.option("--jobs", type=click.IntRange(min=1), default=1, help="How many at a time.", show_default=True),
        click.option(
            "--backend",
            default=backend,
            help=f"What runs them: {backend}, dask or another of joblib's.",
            show_default=True,
        ),
        click.option("--scheduler", envvar="DASK_SCHEDULER_ADDRESS", help="Dask's, such as tcp://host:8786."),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        return reduce(lambda made, option: option(made), reversed(options), command)

    return add


def jobs_for(config: RunConfig, n: int, backend: str, scheduler: str | None) -> Jobs:
    """Say where the jobs of a run go.

    Raises
    ------
    ConfigError
        If each job would start processes of its own.
    """
    from submission_builder.base.errors import ConfigError
    from submission_builder.base.jobs import Jobs

    jobs = Jobs(n, backend, scheduler)
    if config.n_processes > 1 and not jobs.serial:
        raise ConfigError(f"jobs and {config.n_processes} processes a training (devices, nodes) cannot both be given")
    return jobs
