"""A plan for scarce submissions: which candidates to submit, to hold, or to test on more subjects first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.scores.interval import Difference, OverSubjects


class Action(StrEnum):
    """What to do with a candidate."""

    SUBMIT = "submit this"
    HOLD = "hold"
    MORE_DATA = "more data needed"


@dataclass(frozen=True)
class Advice:
    """What to do with a candidate, and why."""

    path: Path
    action: Action
    reason: str
    subjects_needed: int | None = None
    """Number of subjects that would settle the open question, if its true size is the one seen here."""


@dataclass(frozen=True)
class Standing:
    """What the plan needs to know of a candidate."""

    path: Path
    over_subjects: OverSubjects | None
    to_best: Difference | None
    """Difference from the best candidate; None for the best and with too few subjects."""


def plan_submissions(standings: Sequence[Standing], left_today: int | None) -> tuple[Advice, ...]:
    """Plan the submissions that are left.

    A candidate is held if it is shown to be worse than the best constant or than the best candidate. It needs more data
    if it is not shown to be better than the best constant. The others are submitted, best first, while submissions are
    left: if two of them differ by noise alone, only the server's subjects can tell which is better.

    Parameters
    ----------
    standings
        The candidates, best first.
    left_today
        Submissions that are left; None for no limit. On the server, failed submissions do not count and cancelled ones
        do.
    """
    advices: list[Advice] = []
    left = left_today
    for standing in standings:
        advice = _advice(standing, left)
        if advice.action is Action.SUBMIT and left is not None:
            left -= 1
        advices.append(advice)
    return tuple(advices)


def _advice(standing: Standing, left: int | None) -> Advice:
    path, found, to_best = standing.path, standing.over_subjects, standing.to_best
    if found is None:
        return Advice(path, Action.MORE_DATA, "this release has too few subjects for an interval")
    if found.shown_worse or (to_best is not None and to_best.shown):
        worse = "constant" if found.shown_worse or to_best is None else f"candidate, by {to_best.value:.4f}"
        return Advice(path, Action.HOLD, f"it is worse than the best {worse}")
    if not found.shown_better:
        needed = found.subjects_needed if found.jackknife.value < found.constant else None
        return Advice(path, Action.MORE_DATA, "it is not shown to be better than the best constant", needed)
    if left == 0:
        return Advice(path, Action.HOLD, "no submission is left today")
    if to_best is None:
        return Advice(path, Action.SUBMIT, "it has the lowest score, and is better than the best constant")
    return Advice(path, Action.SUBMIT, "its difference from the best candidate is noise", to_best.subjects_needed)
