"""A training run as one HTML file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from submission_builder.report.html_page import PageTable, write_html
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, interval, points, spread
from submission_builder.report.training_plots import draw_curve, draw_scatter, draw_subjects
from submission_builder.report.training_terminal import notes
from submission_builder.scores.baselines import BEST_CONSTANT

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.report.picture import PageFigure
    from submission_builder.workflows.train.training_run import TrainingRun


def write_page(run: TrainingRun, path: Path) -> None:
    """Write the page.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_html(
        "training.html",
        path,
        title=marked(run.title, simulated=run.simulated),
        run=run,
        notes=notes(run),
        scores=_scores(run),
        data=_data(run),
        settings={key: _setting(value) for key, value in run.card.config.items()},
        figures=_figures(run),
    )


def _setting(value: Any) -> str:
    """Format a setting as the command line takes it."""
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in value.items()) or UNKNOWN
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return UNKNOWN if value is None else str(value)


def _scores(run: TrainingRun) -> PageTable:
    columns = ("split", "nrmse", "95 % interval", "spread", "windows", "subjects", "baselines without EEG")
    rows = [
        (
            split.name,
            points(split.score.nrmse),
            interval(split.score.interval),
            spread(split.score),
            f"{split.score.n_windows:,}",
            f"{split.score.n_subjects:,}",
            ", ".join(f"{name} {points(value)}" for name, value in split.baselines.items()) or UNKNOWN,
        )
        for split in run.splits
    ]
    return PageTable("Scores of each split", columns, rows)


def _data(run: TrainingRun) -> PageTable:
    columns = ("release", "EEG", "windows", "subjects", "recordings left out", "SHA-256 of the recordings")
    rows = [
        (
            item["release"],
            "SIMULATED" if item["simulated"] else "recorded",
            f"{item['n_windows']:,}",
            f"{item['n_subjects']:,}",
            "; ".join(item["left_out"]) or "none",
            item["recordings_digest"][:16],
        )
        for item in run.data
    ]
    return PageTable("Releases", columns, rows)


def _figures(run: TrainingRun) -> list[PageFigure]:
    """Draw every figure."""
    challenge, last = run.card.challenge, run.final_split
    baselines = run.held_out[0].baselines if run.train else {BEST_CONSTANT: 1.0}
    figures = [draw_curve(curve, baselines, last.bound) for curve in run.curves if curve.records]
    for split in run.held_out if run.train else (last,):
        figures += [draw_scatter(split, challenge), draw_subjects(split, challenge)]
    return [figure.marked("SIMULATED" if run.simulated else "") for figure in figures]
