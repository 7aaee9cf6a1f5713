"""Scores that are too good to be true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BEST_PUBLIC = {1: 0.88668, 2: 0.97843}
"""Best nrmse of the 184 entries of the final phase, by challenge.

The public board of 2025: ``eeg2025/eeg2025.github.io`` at 27515de."""


@dataclass(frozen=True)
class Bound:
    """A score that nobody has passed.

    Attributes
    ----------
    nrmse
        The score.
    ideal
        Whether it is that of the observer who knows a simulation; else it is the best of the public board.
    """

    nrmse: float
    ideal: bool

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        if self.ideal:
            return "the ideal observer of this SIMULATED release"
        return "the best public result of this phase and challenge (final phase, 2025)"

    def passed(self, nrmse: float, interval: tuple[float, float] | None) -> bool:
        """Whether a score is better.

        The ideal observer is one in the mean over releases, so a handful of subjects pass it by chance: it takes the
        whole interval.
        """
        return (interval[1] if self.ideal and interval else nrmse) < self.nrmse


def bound(challenge: int, ideals: Sequence[float | None], *, n_simulated: int) -> Bound | None:
    """Choose the bound of a side.

    Parameters
    ----------
    challenge
        1 or 2.
    ideals
        nrmse of the ideal observer, for each release of the side; None where it is not known.
    n_simulated
        How many of these releases are simulated.

    Returns
    -------
    Bound or None
        None where people and simulation are mixed, or a simulation does not say what can be reached.
    """
    if not n_simulated:
        return Bound(BEST_PUBLIC[challenge], ideal=False)
    known = [ideal for ideal in ideals if ideal is not None]
    return Bound(min(known), ideal=True) if len(known) == len(ideals) == n_simulated else None
