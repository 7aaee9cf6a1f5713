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


def scores_table(evaluation: Evaluation, title: str) -> Table:
    """Lay out the scores, one column per challenge and one for the overall score."""
    table = Table(title=f"{title} · profile {evaluation.profile}", title_justify="left")
    table.add_column("")
    for number in evaluation.challenges:
        target = PROFILES[evaluation.profile].challenges[number].target
        table.add_column(f"challenge {number}\n{_SHORT.get(target, target)}", justify="right")
    table.add_column("overall", justify="right", vertical="top")
    scores = evaluation.challenges.values()
    overall = Text(decimal(evaluation.overall, DECIMALS), style="bold")
    table.add_row("nrmse", *(decimal(score.nrmse, DECIMALS) for score in scores), overall)
    over_subjects = [*(score.over_subjects for score in scores), evaluation.over_subjects]
    for heading, cell in _OVER_SUBJECTS.items():
        table.add_row(heading, *(cell(of_one) if of_one else UNKNOWN for of_one in over_subjects))
    for heading, of_challenge in _OF_CHALLENGE.items():
        table.add_row(heading, *(of_challenge(score) for score in scores), "")
    if evaluation.ideal:
        table.add_row("ideal observer", *(decimal(evaluation.ideal.get(n), 3) for n in evaluation.challenges), "")
    return table


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
