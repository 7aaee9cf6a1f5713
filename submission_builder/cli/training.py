"""What ``subpack train`` shows while it trains one net, its folds, or several runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rich.console import Console

    from model_zoo.training.record import EpochRecord, EpochReport
    from submission_builder.base.jobs import Jobs
    from submission_builder.workflows.train.data import Data
    from submission_builder.workflows.train.result import TrainingResult
    from submission_builder.workflows.train.several import FinishedRun, RunSpec


def train_one(
    run: RunSpec, data: Data, output: Path, console: Console, *, resume: bool, log: Path | None
) -> TrainingResult | None:
    """Train one net and show its epochs; None in a process that only helps another one (DDP)."""
    from submission_builder.report.training_terminal import show_epoch, show_headings, write_log
    from submission_builder.workflows.train.result import training_result
    from submission_builder.workflows.train.single import train as fit

    told: list[EpochRecord] = []

    def report(record: EpochRecord) -> None:
        told.append(record)
        show_epoch(console, record)
        if log:
            write_log({"epochs": told}, log)

    show_headings(console)
    trained = fit(run.row, data, run.config, output, resume=resume, report=report)
    return training_result(trained, data, run.row, run.config) if trained else None


def train_folds(
    run: RunSpec, data: Data, output: Path, console: Console, *, resume: bool, jobs: Jobs
) -> TrainingResult | None:
    """Cross-validate and write the mean of the folds; None in a process that only helps another one (DDP)."""
    from submission_builder.report.ensemble import show_ensemble
    from submission_builder.workflows.blend import write_folds
    from submission_builder.workflows.train.cross_validation import cross_validate, name_of_fold
    from submission_builder.workflows.train.result import cross_validation_result

    report_fold = _job_report(console, jobs, [name_of_fold(run.config.folds or 0, run.config)])
    result = cross_validate(run.row, data, run.config, output, resume=resume, report_fold=report_fold, jobs=jobs)
    if result is None:
        return None
    path = run.ensemble(output)
    write_folds(result, path)
    show_ensemble(path, "mean of the folds", console)
    return cross_validation_result(result, data, run.row, run.config, path)


def train_several(
    runs: Sequence[RunSpec], data: Data, output: Path, console: Console, *, resume: bool, jobs: Jobs, log: Path | None
) -> int:
    """Train several runs and show them best first; the exit code."""
    from submission_builder.cli.failure import show_failure
    from submission_builder.report.runs_table import show_runs
    from submission_builder.report.training_terminal import write_log
    from submission_builder.workflows.train.several import advise_on, ranked

    data.joined()  # what is wrong with all runs is said once
    done = ranked(_each(runs, data, output, console, resume=resume, jobs=jobs))
    show_runs(done, advise_on(done, output), console)
    if log:
        write_log({name: records for one in done for name, records in one.epochs().items()}, log)
        console.print(f"wrote {log}", highlight=False, soft_wrap=True)
    for one in done:
        if one.error:
            show_failure(one.error, of=one.run.name)
    return 1 if any(one.error for one in done) else 0


def _each(
    runs: Sequence[RunSpec], data: Data, output: Path, console: Console, *, resume: bool, jobs: Jobs
) -> list[FinishedRun]:
    """Train the runs as jobs; of runs with folds, these are the jobs."""
    from submission_builder.workflows.train.several import attempt, train_each

    if not runs[0].config.folds:
        report = _job_report(console, jobs, [run.name for run in runs])
        return train_each(runs, data, output, resume=resume, report_run=report, jobs=jobs)
    done = []
    for run in runs:
        console.print(run.name, style="bold", highlight=False)
        done.append(attempt(run, partial(train_folds, run, data, output, console, resume=resume, jobs=jobs)))
    return done


def _job_report(console: Console, jobs: Jobs, names: Sequence[str]) -> Callable[[str], EpochReport]:
    """Tell of a job's epochs under a heading, or of jobs beside each other each in one line."""
    from submission_builder.report.parallel_runs import apart, show_headings_apart
    from submission_builder.report.training_terminal import show_job

    if jobs.serial:
        return partial(show_job, console)
    width = max(map(len, names))
    if jobs.local:
        show_headings_apart(console, width)
    return partial(apart, width=width)
