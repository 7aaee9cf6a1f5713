"""Flags of every command that runs a submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from submission_builder.cli.numbers import FiniteRange
from submission_builder.sandbox.isolation import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.sandbox.isolation import Level


def run_options(limit_s: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--device``, ``--limit-s``, ``--limit-mib``, ``--require-isolation`` and ``--server``.

    Parameters
    ----------
    limit_s
        Wall time that a run is given if nothing else is said.
    """
    options = (
        click.option(
            "--device", default="cpu", show_default=True, help="Where the submission runs: cpu, cuda, cuda:1 …"
        ),
        click.option(
            "--limit-s",
            type=FiniteRange(min=1, max=1e6),
            default=limit_s,
            show_default=True,
            help="Limit on wall time of the run.",
        ),
        click.option(
            "--limit-mib", type=click.IntRange(min=1024), default=16384, show_default=True, help="Limit on memory."
        ),
        click.option(
            "--require-isolation",
            "level",
            type=click.Choice(LEVELS),
            callback=_level,
            help="Make less than this an error; the submission is always kept apart as far as this machine can.",
        ),
        click.option(
            "--server",
            metavar="IMAGE|PYTHON",
            help="RunSpec it under the replica of this image, or under this Python.  [default: the Python of subpack]",
        ),
    )

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _level(context: click.Context, option: click.Parameter, required: Level | None) -> Level | None:
    """Ask for a level only where less is an error: ``process`` is what there always is."""
    del context, option
    return "namespace" if required == "namespace" else None
