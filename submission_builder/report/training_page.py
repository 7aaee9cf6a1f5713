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

    from submission_builder.workflows.train.result import TrainingResult

_FARTHEST = 5
"""So many subjects are named below their picture."""


def write_page(result: TrainingResult, path: Path) -> None:
    """Write the page.

    Parameters
    ----------
    result
        A training run with all that is said of it.
    path
        The HTML file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    pages = Environment(
        loader=PackageLoader("submission_builder.report", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = pages.get_template("training.html").render(
        title=marked(result.name, simulated=result.simulated),
        run=result,
        notes=notes(result),
        scores=_scores(result),
        settings={key: _setting(value) for key, value in result.card.config.items()},
        pictures=_pictures(result),
    )
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")


def _setting(value: Any) -> str:
    """Write a setting as a flag takes it."""
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in value.items()) or UNKNOWN
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return UNKNOWN if value is None else str(value)


def _scores(result: TrainingResult) -> list[dict[str, Any]]:
    return [
        {
            "side": name,
            "nrmse": points(score.nrmse),
            "interval": interval(score.interval),
            "baselines": ", ".join(f"{baseline} {points(value)}" for baseline, value in baselines.items()) or UNKNOWN,
            "spread": spread(score),
            "windows": f"{score.n_windows:,}",
            "subjects": f"{score.n_subjects:,}",
        }
        for name, score, baselines in result.scores()
    ]


def _pictures(result: TrainingResult) -> list[tuple[Markup, str]]:
    """Draw what there is, each with a line below it."""
    challenge, last = result.card.challenge, result.decisive
    baselines = result.sides[0].baselines if result.train else {BEST_CONSTANT: 1.0}
    pictures = [
        (draw_curve(curve, baselines, last.bound), f"Learning curve ({curve.name}): official nrmse after each epoch.")
        for curve in result.curves
        if curve.records
    ]
    for side in result.sides if result.train else [last]:
        names, errors = subject_errors(side.target, side.predictions, side.subject)
        farthest = [f"{name} {error:.3f}" for name, error in zip(names[::-1], errors[::-1], strict=True)][:_FARTHEST]
        pictures += [
            (draw_scatter(side, challenge), f"Predictions to the windows of {side.name}."),
            (draw_subjects(side, challenge), f"Error by subject of {side.name}; farthest off: {', '.join(farthest)}."),
        ]
    return [(Markup(svg), caption) for svg, caption in pictures]  # noqa: S704 - drawn here, no text of a user's in it
