"""A training run as one HTML file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from submission_builder.base.atomic import atomic_file
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, interval, points, spread
from submission_builder.report.training_plots import draw_curve, draw_scatter, draw_subjects
from submission_builder.report.training_terminal import notes
from submission_builder.scores.baselines import BEST_CONSTANT
from submission_builder.scores.subjects import subject_errors

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.workflows.train.training_run import TrainingRun

_N_LARGEST = 5
"""The subjects with the largest errors are named below their figure."""


def write_page(run: TrainingRun, path: Path) -> None:
    """Write the page.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    pages = Environment(
        loader=PackageLoader("submission_builder.report", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = pages.get_template("training.html").render(
        title=marked(run.title, simulated=run.simulated),
        run=run,
        notes=notes(run),
        scores=_scores(run),
        settings={key: _setting(value) for key, value in run.card.config.items()},
        figures=_figures(run),
    )
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")


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


def _figures(run: TrainingRun) -> list[tuple[Markup, str]]:
    """Draw every figure, each with its caption."""
    challenge, last = run.card.challenge, run.final_split
    baselines = run.held_out[0].baselines if run.train else {BEST_CONSTANT: 1.0}
    figures = [
        (draw_curve(curve, baselines, last.bound), f"Learning curve ({curve.name}): official nrmse after each epoch.")
        for curve in run.curves
        if curve.records
    ]
    for split in run.held_out if run.train else (last,):
        names, errors = subject_errors(split.target, split.predictions, split.subject)
        ranked = zip(names[::-1], errors[::-1], strict=True)
        largest = ", ".join([f"{name} {error:.3f}" for name, error in ranked][:_N_LARGEST])
        figures += [
            (draw_scatter(split, challenge), f"Predictions against targets ({split.name})."),
            (draw_subjects(split, challenge), f"RMSE of each subject ({split.name}). Largest: {largest}."),
        ]
    return [(Markup(svg), caption) for svg, caption in figures]  # noqa: S704 - drawn here, without text from users
