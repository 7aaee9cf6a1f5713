"""A training run as one HTML file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from submission_builder.atomic import whole_file
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, interval, points, spread
from submission_builder.report.training import notes
from submission_builder.report.training_plots import draw_curve, draw_scatter, draw_subjects
from submission_builder.scores.subjects import subject_errors
from submission_builder.verdicts.floors import BEST_CONSTANT

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.training_run.judgement import Judgement

_FARTHEST = 5
"""So many subjects are named below their picture."""


def write_page(judgement: Judgement, path: Path) -> None:
    """Write the page.

    Parameters
    ----------
    judgement
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
        title=marked(judgement.name, simulated=judgement.simulated),
        run=judgement,
        notes=notes(judgement),
        scores=_scores(judgement),
        settings={key: _setting(value) for key, value in judgement.card.config.items()},
        pictures=_pictures(judgement),
    )
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")


def _setting(value: Any) -> str:
    """Write a setting as a flag takes it."""
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in value.items()) or UNKNOWN
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return UNKNOWN if value is None else str(value)


def _scores(judgement: Judgement) -> list[dict[str, Any]]:
    return [
        {
            "side": name,
            "nrmse": points(score.nrmse),
            "interval": interval(score.interval),
            "floors": ", ".join(f"{floor} {points(value)}" for floor, value in floors.items()) or UNKNOWN,
            "spread": spread(score),
            "windows": f"{score.n_windows:,}",
            "subjects": f"{score.n_subjects:,}",
        }
        for name, score, floors in judgement.scores()
    ]


def _pictures(judgement: Judgement) -> list[tuple[Markup, str]]:
    """Draw what there is, each with a line below it."""
    challenge, last = judgement.card.challenge, judgement.decisive
    floors = judgement.sides[0].floors if judgement.train else {BEST_CONSTANT: 1.0}
    pictures = [
        (draw_curve(curve, floors, last.bound), f"Learning curve ({curve.name}): official nrmse after each epoch.")
        for curve in judgement.curves
        if curve.records
    ]
    for side in judgement.sides if judgement.train else [last]:
        names, errors = subject_errors(side.target, side.answers, side.subject)
        farthest = [f"{name} {error:.3f}" for name, error in zip(names[::-1], errors[::-1], strict=True)][:_FARTHEST]
        pictures += [
            (draw_scatter(side, challenge), f"Answers to the windows of {side.name}."),
            (draw_subjects(side, challenge), f"Error by subject of {side.name}; farthest off: {', '.join(farthest)}."),
        ]
    return [(Markup(svg), caption) for svg, caption in pictures]  # noqa: S704 - drawn here, no text of a user's in it
