"""An evaluation as one HTML file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from submission_builder.diagnostics.bounds import BEST_PUBLIC
from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
from submission_builder.protocol.metrics import overall as weighted
from submission_builder.report.density import draw_agreement
from submission_builder.report.evaluation_tables import cost_tables, score_tables, subject_table, variant_tables
from submission_builder.report.evaluation_terminal import title_of
from submission_builder.report.html_page import write_html
from submission_builder.report.numbers import UNKNOWN
from submission_builder.report.provenance import date_of, provenance
from submission_builder.report.residual_plots import (
    draw_calibration,
    draw_drift,
    draw_residuals,
    draw_spread,
    draw_subjects,
)
from submission_builder.report.score_axis import ScoreRow, draw_scores
from submission_builder.report.scores_table import denominator_name, short_target
from submission_builder.scores.subjects import errors_by_subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from submission_builder.diagnostics.diagnosis import Diagnosis
    from submission_builder.report.picture import PageFigure
    from submission_builder.workflows.evaluate.evaluation import Evaluation, ScoredWindows


def write_evaluation_page(evaluation: Evaluation, path: Path) -> None:
    """Write the page of one zip, also of one without a score.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    mark = mark_of(evaluation)
    content: dict[str, Any] = {
        "scores": score_tables(evaluation),
        "axes": [figure.marked(mark) for figure in _score_figures(evaluation)],
        "challenges": [
            _challenge(evaluation, number) for number, score in evaluation.challenges.items() if score.n_windows
        ],
        "diagnoses": diagnoses_of(evaluation),
        "variants": variant_tables(evaluation),
        "costs": cost_tables(evaluation),
    }
    write_html(
        "evaluation.html",
        path,
        title=title_with(evaluation.path.name, evaluation),
        evaluation=evaluation,
        release=title_of(evaluation) if evaluation.release else "",
        mark=mark,
        began=date_of(evaluation),
        failures=evaluation.failures(),
        reasons=_reasons(evaluation),
        legend=_legend(evaluation),
        sections=_sections(content, evaluation),
        provenance=provenance(evaluation),
        **content,
    )


def title_with(name: str, evaluation: Evaluation) -> str:
    """Name the release beside a name, if it is known."""
    return f"{name} on {title_of(evaluation)}" if evaluation.release else name


def mark_of(evaluation: Evaluation) -> str:
    """Return the words that stand with every score: whether its data are simulated, and whether it is of a part."""
    release = evaluation.release
    if release is None:
        return ""
    marks = {"SIMULATED": release.simulated, "PARTIAL": bool(release.left_out), "SAMPLE": release.sample is not None}
    return " · ".join(mark for mark, holds in marks.items() if holds)


def diagnoses_of(evaluation: Evaluation) -> list[tuple[str, Diagnosis]]:
    """List the diagnoses, each with its release if there are several."""
    return [
        (title_of(part) if evaluation.releases else "", diagnosis)
        for part in evaluation.parts
        for diagnosis in part.diagnoses
    ]


def _sections(content: dict[str, Any], evaluation: Evaluation) -> dict[str, str]:
    """Name the sections that the page has, by their anchor."""
    sections = {"diagnoses": "Diagnoses"} if content["diagnoses"] else {}
    sections |= {"scores": "Scores"} if content["scores"] else {}
    sections |= {f"challenge-{one['number']}": f"Challenge {one['number']}" for one in content["challenges"]}
    sections |= {"variants": "Invariance and precision"} if content["variants"] else {}
    sections |= {"cost": "Time and memory"} if content["costs"] else {}
    sections |= {"caveats": "Caveats"} if evaluation.caveats else {}
    return sections | {"provenance": "Provenance"}


def nrmse_legend(evaluation: Evaluation) -> str:
    """Explain score and interval."""
    divisor = denominator_name(evaluation.profile)
    return f"nrmse: RMSE divided by {divisor}; lower is better. Interval: 95 %, over subjects."


def _legend(evaluation: Evaluation) -> str:
    """Explain the lines of the score table."""
    return (
        f"{nrmse_legend(evaluation)} P(better than constant): probability that the nrmse of the population is below "
        "that of the best constant. Smallest difference: what these subjects show with a power of 80 %. Spread: "
        "standard deviation of the predictions divided by that of the targets. Bias: mean of the predictions minus "
        "mean of the targets."
    )


def _reasons(evaluation: Evaluation) -> list[str]:
    scores = evaluation.challenges.items()
    return [f"Challenge {number} has no score: {score.reason}." for number, score in scores if score.reason]


def _challenge(evaluation: Evaluation, number: int) -> dict[str, Any]:
    """Draw the figures of one challenge, and list its subjects."""
    windows = evaluation.windows[number]
    table = windows.table
    rows = errors_by_subject(table.target, windows.predictions, table.subject, table.recording)
    drawn = [*_figures(windows, number, evaluation.profile), draw_subjects(rows, number, evaluation.profile)]
    return {
        "number": number,
        "title": f"Challenge {number}: {short_target(number, evaluation.profile)}",
        "figures": [figure.marked(mark_of(evaluation)) for figure in drawn],
        "subjects": subject_table(rows, number, evaluation),
    }


def _figures(windows: ScoredWindows, number: int, profile: str) -> Iterator[PageFigure]:
    yield draw_agreement(windows.table.target, windows.predictions, number, profile, "Predictions against targets")
    yield draw_calibration(windows, profile)
    yield draw_residuals(windows, profile)
    yield draw_spread(windows, profile)
    yield from draw_drift(windows, profile)


def _score_figures(evaluation: Evaluation) -> Iterator[PageFigure]:
    """Draw the scores of one release on one axis; of several, one axis per challenge and one for the overall score."""
    names = [*evaluation.challenges, None]
    if not evaluation.releases:
        rows = [score_row(evaluation, number, score_name(number)) for number in names]
        if any(rows):
            yield draw_scores([row for row in rows if row], "Scores and baselines")
        return
    labelled = [
        *((part, part.release.name if part.release else UNKNOWN) for part in evaluation.releases),
        (evaluation, "together"),
    ]
    for number in names:
        rows = [score_row(one, number, label) for one, label in labelled]
        if any(rows):
            yield draw_scores([row for row in rows if row], f"Scores by release, {score_name(number)}")


def score_name(number: int | None) -> str:
    """Name a challenge, or the overall score for None."""
    return "overall" if number is None else f"challenge {number}"


def score_row(evaluation: Evaluation, number: int | None, name: str) -> ScoreRow | None:
    """Return the score of a challenge, or the overall score for None; None if there is none."""
    if number is None:
        constants = {n: score.constant for n, score in evaluation.challenges.items() if score.constant is not None}
        if evaluation.overall is None:
            return None
        ends = evaluation.over_subjects.interval if evaluation.over_subjects else None
        return ScoreRow(name, evaluation.overall, ends, weighted(constants, PROFILES[evaluation.profile]))
    score = evaluation.challenges.get(number)
    if score is None or score.nrmse is None:
        return None
    return ScoreRow(name, score.nrmse, score.interval, score.constant, _marks(evaluation, number))


def _marks(evaluation: Evaluation, number: int) -> dict[str, float]:
    """Return what a score is compared with, beside the best constant."""
    score = evaluation.challenges[number]
    marks = {name: baseline.nrmse for name, baseline in score.baselines.items()}
    if evaluation.release and evaluation.release.simulated:
        return marks | ({"ideal observer": evaluation.ideal[number]} if number in evaluation.ideal else {})
    return marks | ({"best public (2025)": BEST_PUBLIC[number]} if evaluation.profile == DEFAULT_PROFILE else {})
