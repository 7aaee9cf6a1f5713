"""The progress of a training in the terminal: releases, headings and epochs."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from submission_builder.report.console import open_console
from submission_builder.report.marks import marked
from submission_builder.report.numbers import decimal, percent, points
from submission_builder.report.training_log import write_log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from model_zoo.training.record import EpochRecord, EpochReport, JobReport
    from submission_builder.base.jobs import Jobs
    from submission_builder.workflows.train.data import LoadedRelease

_SPLIT = "{:>8}  {:>6}  {:>5}"
_EPOCH = "{:>5}  {:>7}  {:>8}   {}   {}"
_HEADINGS = "\n".join(
    [
        _EPOCH.format("", "", "", " train ".center(23, "─"), " validation ".center(23, "─")),
        _EPOCH.format("epoch", "lr", "loss", *[_SPLIT.format("nrmse", "spread", "corr")] * 2),
    ]
)
_GAP = "   "


@dataclass(frozen=True)
class TrainingProgress:
    """An observer that prints a training to a console."""

    console: Console
    log: Path | None = None
    """CSV file that receives the epochs of a run with one net."""

    def loaded(self, releases: Sequence[LoadedRelease]) -> None:
        """Print the releases."""
        show_loaded(releases, self.console)

    def run_started(self, name: str) -> None:
        """Print the name of a run with folds."""
        self.console.print(name, style="bold", highlight=False)

    def epoch(self, net: str, record: EpochRecord) -> None:
        """Print the figures of an epoch."""
        del net
        _show_epoch(self.console, record)

    def job_report(self, nets: Sequence[str], jobs: Jobs) -> JobReport:
        """Print each net under headings of its own, or nets that are trained at the same time line by line."""
        if len(nets) == 1:
            return self._only_net
        if jobs.serial:
            return self._next_net
        width = max(map(len, nets))
        if jobs.local:
            _show_headings(self.console, indent=width + len(_GAP))
        return partial(_lines_of, width=width)

    def _only_net(self, name: str) -> EpochReport:
        del name
        _show_headings(self.console)
        records: list[EpochRecord] = []

        def report(record: EpochRecord) -> None:
            records.append(record)
            _show_epoch(self.console, record)
            if self.log:
                write_log({"epochs": records}, self.log)

        return report

    def _next_net(self, name: str) -> EpochReport:
        self.console.print(name, style="bold", highlight=False)
        _show_headings(self.console)
        return partial(_show_epoch, self.console)


def show_loaded(releases: Sequence[LoadedRelease], console: Console) -> None:
    """Print the size of each release, and every recording that is left out."""
    for item in releases:
        name = marked(item.release.name, simulated=item.release.simulated)
        console.print(f"{name}: {len(item.table):,} windows, {item.table.n_subjects:,} subjects", highlight=False)
        if item.left_out:
            console.print(f"  {len(item.left_out)} recording(s) left out:", highlight=False)
        for left_out in item.left_out:
            console.print(f"  {left_out}", style="dim", highlight=False, soft_wrap=True)


def _show_headings(console: Console, indent: int = 0) -> None:
    console.print(textwrap.indent(_HEADINGS, " " * indent), style="dim", highlight=False, soft_wrap=True)


def _show_epoch(console: Console, record: EpochRecord) -> None:
    splits = (
        _SPLIT.format(points(split.nrmse), percent(split.spread), decimal(split.correlation, 2))
        for split in (record.train, record.val)
    )
    line = _EPOCH.format(record.epoch, f"{record.lr:.1e}", f"{record.train_loss:.4g}", *splits)
    console.print(line, highlight=False, soft_wrap=True)


def _lines_of(net: str, *, width: int) -> EpochReport:
    """Return the function that prints each epoch of a net, in the process that trains it."""
    return partial(_show_line, net.ljust(width))


def _show_line(net: str, record: EpochRecord) -> None:
    console = open_console()
    with console.capture() as captured:
        _show_epoch(console, record)
    print(f"{net}{_GAP}{captured.get()}", end="", flush=True)  # noqa: T201 - one write, so that lines stay whole
