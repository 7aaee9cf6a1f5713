"""Options that set where independent jobs run."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def job_options(backend: str, jobs: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--jobs``, ``--backend`` and ``--scheduler``.

    Parameters
    ----------
    backend
        Default backend of joblib.
    jobs
        What runs in parallel, in the plural.
    """
    options = (
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            default=1,
            show_default=True,
            help=f"Number of {jobs} that run in parallel.",
        ),
        click.option(
            "--backend",
            default=backend,
            show_default=True,
            help=f"Backend of joblib that runs the jobs, such as {backend}, or dask.",
        ),
        click.option(
            "--scheduler",
            envvar="DASK_SCHEDULER_ADDRESS",
            show_envvar=True,
            help="Address of the Dask scheduler, such as tcp://HOST:8786.",
        ),
    )

    return add_options(*options)


def add_options(*options: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Callable[..., Any]:
    """Return a decorator that adds options in this order."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        return reduce(lambda made, option: option(made), reversed(options), command)

    return add
