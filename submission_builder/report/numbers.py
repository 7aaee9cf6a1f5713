"""How numbers are written, in the terminal and on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.scores.challenge_score import ChallengeScore

UNKNOWN = "–"

_NEARLY_1 = 0.999

_LONG = 100
"""From here on, an nrmse is written with an exponent."""


def decimal(value: float | None, decimals: int) -> str:
    """Write a number to so many decimals."""
    return UNKNOWN if value is None else f"{value:.{decimals}f}"


def signed(value: float | None) -> str:
    """Write a difference with its sign."""
    return UNKNOWN if value is None else f"{value:+.3f}" if abs(value) < _LONG else f"{value:+.1e}"


def points(value: float | None) -> str:
    """Write an nrmse as the server publishes it."""
    if value is None:
        return UNKNOWN
    return f"{value:.5f}" if value < _LONG else f"{value:.1e}"


def percent(value: float | None) -> str:
    """Write a share."""
    return UNKNOWN if value is None else f"{value:.0%}"


def probability(value: float | None) -> str:
    """Write a probability; one near 0 or 1 is not rounded to it."""
    return (
        UNKNOWN
        if value is None
        else "> 0.999"
        if value > _NEARLY_1
        else "< 0.001"
        if value < 1 - _NEARLY_1
        else f"{value:.3f}"
    )


def interval(ends: Sequence[float] | None) -> str:
    """Write the ends of an interval."""
    return "{:.3f} to {:.3f}".format(*ends) if ends else UNKNOWN


def spread(score: ChallengeScore) -> str:
    """Write the spread of the predictions over that of the targets."""
    return UNKNOWN if score.spread is None else f"{score.spread:.1%}"
