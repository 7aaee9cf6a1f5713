"""Jobs that run beside each other, in one terminal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console

from submission_builder.report.training_terminal import show_epoch, show_headings

if TYPE_CHECKING:
    from model_zoo.training.record import EpochRecord, EpochReport


_GAP = "   "


def show_headings_apart(console: Console, width: int) -> None:
    """Print once what the figures of all jobs' epochs are."""
    show_headings(console, indent=width + len(_GAP))


def apart(job: str, *, width: int) -> EpochReport:
    """Hand out what prints a job's epochs, each in one line that names the job, in so many characters."""
    return partial(_show_epoch_of, job.ljust(width))


def _show_epoch_of(job: str, record: EpochRecord) -> None:
    console = Console()
    with console.capture() as captured:
        show_epoch(console, record)
    print(f"{job}{_GAP}{captured.get()}", end="", flush=True)  # noqa: T201 - in one piece, so that lines stay whole
