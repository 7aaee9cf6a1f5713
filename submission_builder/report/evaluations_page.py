"""The evaluations of one or several zips as one HTML file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from submission_builder.report.evaluation_page import (
    diagnoses_of,
    mark_of,
    nrmse_legend,
    score_name,
    score_row,
    title_with,
    write_evaluation_page,
)
from submission_builder.report.evaluation_tables import challenge_cells, overall_cell
from submission_builder.report.evaluation_terminal import title_of
from submission_builder.report.evaluations_table import short_names
from submission_builder.report.html_page import PageTable, write_html
from submission_builder.report.numbers import UNKNOWN
from submission_builder.report.provenance import date_of
from submission_builder.report.score_axis import draw_scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from submission_builder.report.picture import PageFigure
    from submission_builder.workflows.evaluate.evaluation import Evaluation


def write_evaluations_page(evaluations: Sequence[Evaluation], path: Path) -> None:
    """Write the page of one zip with everything that is known of it, or of several with their scores, best first.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    if len(evaluations) == 1:
        write_evaluation_page(evaluations[0], path)
        return
    ranked = sorted(zip(labels(evaluations), evaluations, strict=True), key=lambda item: _rank(item[1]))
    write_html("evaluations.html", path, **overview(ranked))


def overview(ranked: Sequence[tuple[str, Evaluation]]) -> dict[str, Any]:
    """Lay out the scores of several zips, as the template ``evaluations.html`` names them.

    Parameters
    ----------
    ranked
        Label and evaluation of each zip, best first; those without a score come last.
    """
    best = ranked[0][1]
    mark = mark_of(best)
    return {
        "title": title_with(f"{len({one.path for _, one in ranked})} zips", best),
        "release": title_of(best) if best.release else "",
        "profile": best.profile,
        "began": date_of(best),
        "mark": mark,
        "failures": {
            ", ".join(filter(None, (label, release))): failure
            for label, one in ranked
            for release, failure in one.failures().items()
        },
        "scores": _scores(ranked),
        "legend": nrmse_legend(best),
        "axes": [figure.marked(mark) for figure in _axes(ranked)],
        "zips": PageTable(
            "Files",
            ("zip", "path", "SHA-256"),
            [(label, str(one.path), one.zip.get("sha256", UNKNOWN)) for label, one in ranked],
        ),
        "diagnoses": [
            (", ".join(filter(None, (label, release))), diagnosis)
            for label, one in ranked
            for release, diagnosis in diagnoses_of(one)
        ],
        "caveats": list(dict.fromkeys(caveat for _, one in ranked for caveat in one.caveats)),
    }


def labels(evaluations: Sequence[Evaluation]) -> list[str]:
    """Name each evaluation by its zip, and by the server image if there are several."""
    _, names = short_names([one.path for one in evaluations])
    if len({one.image for one in evaluations}) == 1:
        return names
    return [f"{name} · {one.image}" for name, one in zip(names, evaluations, strict=True)]


def _rank(evaluation: Evaluation) -> tuple[bool, float]:
    """Order by overall score, then by the first score that is known; zips without a score come last."""
    known = [evaluation.overall, *(score.nrmse for score in evaluation.challenges.values())]
    score = next((value for value in known if value is not None), None)
    return score is None, score or 0.0


def _scores(ranked: Sequence[tuple[str, Evaluation]]) -> PageTable:
    """List the scores of each zip; on several releases, those of all together and below them those of each."""
    numbers = _numbers(ranked)
    rows = []
    for label, whole in ranked:
        each = [(f"{label}, {part.release.name if part.release else UNKNOWN}", part) for part in whole.releases]
        for name, one in ((f"{label}, together" if each else label, whole), *each):
            rows.append([name, *challenge_cells(one, numbers), overall_cell(one), one.outcome])
    return PageTable("Best first", ["zip", *map(score_name, numbers), "overall", "outcome"], rows)


def _axes(ranked: Sequence[tuple[str, Evaluation]]) -> Iterator[PageFigure]:
    """Draw one axis per challenge, and one for the overall score."""
    for number in (*_numbers(ranked), None):
        rows = [row for label, one in ranked if (row := score_row(one, number, label))]
        if rows:
            yield draw_scores(rows, f"Scores, {score_name(number)}")


def _numbers(ranked: Sequence[tuple[str, Evaluation]]) -> list[int]:
    return sorted({number for _, one in ranked for number in one.challenges})
