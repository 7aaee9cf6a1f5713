"""The table of scores of one evaluation, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from submission_builder.protocol.challenges import PROFILES, RESPONSE_TIME
from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.numbers import UNKNOWN, decimal, interval, percent, probability, signed, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.scores.interval import OverSubjects
    from submission_builder.workflows.evaluate.evaluation import Evaluation

_SHORT = {RESPONSE_TIME: "response time"}
_DENOMINATORS = {"std": "the standard deviation of the targets", "range": "the range of the targets"}


def scores_table(evaluation: Evaluation, title: str) -> Table:
    """Lay out the scores, one column per challenge and one for the overall score."""
    table = Table(title=f"{title} · profile {evaluation.profile}", title_justify="left")
    table.add_column("")
    for number in evaluation.challenges:
        table.add_column(f"challenge {number}\n{short_target(number, evaluation.profile)}", justify="right")
    table.add_column("overall", justify="right", vertical="top")
    for i, (*cells, overall) in enumerate(score_rows(evaluation)):
        table.add_row(*cells, Text(overall, style="" if i else "bold"))
    return table


def denominator_name(profile: str) -> str:
    """Name what the RMSE is divided by."""
    return _DENOMINATORS[PROFILES[profile].denominator]


def short_target(challenge: int, profile: str) -> str:
    """Name the target of a challenge."""
    target = PROFILES[profile].challenges[challenge].target
    return _SHORT.get(target, target)


def score_rows(evaluation: Evaluation) -> list[list[str]]:
    """Return the rows of the table: heading, one cell per challenge, and the overall score."""
    scores = evaluation.challenges.values()
    rows = [["nrmse", *(decimal(score.nrmse, DECIMALS) for score in scores), decimal(evaluation.overall, DECIMALS)]]
    over_subjects = [*(score.over_subjects for score in scores), evaluation.over_subjects]
    for heading, cell in _OVER_SUBJECTS.items():
        rows.append([heading, *(cell(of_one) if of_one else UNKNOWN for of_one in over_subjects)])
    names = dict.fromkeys(name for score in scores for name in score.baselines)
    rows += [[name, *(_baseline(score, name) for score in scores), ""] for name in names]
    for heading, of_challenge in _OF_CHALLENGE.items():
        rows.append([heading, *(of_challenge(score) for score in scores), ""])
    if evaluation.ideal:
        rows.append(["ideal observer", *(decimal(evaluation.ideal.get(n), 3) for n in evaluation.challenges), ""])
    return rows


def _baseline(score: ChallengeScore, name: str) -> str:
    """Write the nrmse of a baseline, and the probability that the zip is better."""
    if name not in score.baselines:
        return UNKNOWN
    found = score.baselines[name]
    return f"{found.nrmse:.3f}" + ("" if found.p_better is None else f"\nP {probability(found.p_better)}")


_OVER_SUBJECTS: dict[str, Callable[[OverSubjects], str]] = {
    "95 % interval": lambda found: interval(found.interval),
    "P(better than constant)": lambda found: probability(found.p_better),
    "smallest difference": lambda found: decimal(found.smallest_difference, 3),
    "error of 5 worst subjects": lambda found: percent(found.worst_share),
}
"""Heading and cell of each row that also has an overall value."""

_OF_CHALLENGE: dict[str, Callable[[ChallengeScore], str]] = {
    "best constant": lambda score: decimal(score.constant, 3),
    "spread of predictions": spread,
    "bias": lambda score: signed(score.bias),
    "correlation": lambda score: decimal(score.correlation, 3),
    "windows": lambda score: f"{score.n_windows:,}",
    "recordings": lambda score: f"{score.n_recordings:,}",
    "subjects": lambda score: f"{score.n_subjects:,}",
}
"""Heading and cell of each row of the challenges alone."""
