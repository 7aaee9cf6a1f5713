"""A training run as one HTML file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from submission_builder.report.html_page import write_html
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


def _scores(run: TrainingRun) -> list[dict[str, str]]:
    return [
        {
            "split": split.name,
            "nrmse": points(split.score.nrmse),
            "interval": interval(split.score.interval),
            "baselines": ", ".join(f"{name} {points(value)}" for name, value in split.baselines.items()) or UNKNOWN,
            "spread": spread(split.score),
            "windows": f"{split.score.n_windows:,}",
            "subjects": f"{split.score.n_subjects:,}",
        }
        for split in run.splits
    ]


def _figures(run: TrainingRun) -> list[PageFigure]:
    """Draw every figure."""
    challenge, last = run.card.challenge, run.final_split
    baselines = run.held_out[0].baselines if run.train else {BEST_CONSTANT: 1.0}
    figures = [draw_curve(curve, baselines, last.bound) for curve in run.curves if curve.records]
    for split in run.held_out if run.train else (last,):
        figures += [draw_scatter(split, challenge), draw_subjects(split, challenge)]
    return [figure.marked(simulated=run.simulated) for figure in figures]
