"""Options of ``subpack evaluate`` for CI: gates, JUnit and annotations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from submission_builder.cli.job_options import add_options
from submission_builder.cli.numbers import FiniteRange

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE = click.Path(path_type=Path, dir_okay=False)


def gate_options() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--junit``, ``--format``, ``--fail-above`` and ``--fail-if-worse-than``."""
    return add_options(
        click.option(
            "--junit", "junit_path", type=_FILE, help="Write scores, faults and gates to this file as JUnit XML."
        ),
        click.option(
            "--format",
            "format_",
            type=click.Choice(["text", "github"]),
            default="text",
            show_default=True,
            help="Print tables, or annotations of GitHub Actions.",
        ),
        click.option(
            "--fail-above",
            "limit",
            type=FiniteRange(min=0),
            metavar="SCORE",
            help="Exit with 4 if an overall score is above SCORE, such as 1.0.",
        ),
        click.option(
            "--fail-if-worse-than",
            "gate_zip",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            metavar="ZIP",
            help="Exit with 4 if a zip is shown to be worse than ZIP, which is scored on the same data.",
        ),
    )
