"""Options of every command that runs a submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from submission_builder.cli.job_options import add_options
from submission_builder.cli.numbers import FiniteRange

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.sandbox.isolation import Level

_LEVELS: tuple[Level, ...] = ("namespace", "process")
_EVERY_SERVER = "'all' runs it with every installed replica and reports where they differ. "


def run_options(limit_s: int, *, every_server: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--device``, ``--limit-s``, ``--limit-mib``, ``--require-isolation`` and ``--server``.

    Parameters
    ----------
    limit_s
        Default limit on the wall time of a run, in s.
    every_server
        Whether ``--server all`` is accepted.
    """
    options = (
        click.option(
            "--device",
            default="cpu",
            show_default=True,
            help="Device of the model, as torch.device takes it: cpu, cuda, cuda:1 …",
        ),
        click.option(
            "--limit-s",
            type=FiniteRange(min=1, max=1e6),
            default=limit_s,
            show_default=True,
            help="Limit on the wall time of a run, in seconds.",
        ),
        click.option(
            "--limit-mib",
            type=click.IntRange(min=1024),
            default=16384,
            show_default=True,
            help="Limit on the memory of a run, in MiB.",
        ),
        click.option(
            "--require-isolation",
            "level",
            type=click.Choice(_LEVELS),
            callback=_level,
            help="Fail unless this isolation level is available. 'process' is always available. Every run uses the "
            "strongest level that is available.",
        ),
        click.option(
            "--server",
            metavar="IMAGE|PYTHON|all" if every_server else "IMAGE|PYTHON",
            help=f"Run the submission with the replica of this server image, or with this Python. "
            f"{_EVERY_SERVER if every_server else ''} [default: the Python of subpack]",
        ),
    )

    return add_options(*options)


def _level(context: click.Context, option: click.Parameter, required: Level | None) -> Level | None:
    """Return the level that is required; None for ``process``, which is always available."""
    del context, option
    return "namespace" if required == "namespace" else None
