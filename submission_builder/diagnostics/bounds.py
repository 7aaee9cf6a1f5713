"""Best plausible scores; a lower nrmse suggests leakage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BEST_PUBLIC = {1: 0.88668, 2: 0.97843}
"""Best nrmse by challenge among the 184 entries of the final phase of 2025.

Source: the leaderboard in ``eeg2025/eeg2025.github.io`` at commit 27515de."""


@dataclass(frozen=True)
class Bound:
    """The best plausible score on a split."""

    nrmse: float
    ideal: bool
    """Whether it is the score of a simulation's ideal observer; otherwise it is the best of the public leaderboard."""

    @property
    def name(self) -> str:
        """Name for a message."""
        if self.ideal:
            return "the score of the ideal observer of this SIMULATED release"
        return "the best public result of this phase and challenge (final phase, 2025)"

    def passed(self, nrmse: float, interval: tuple[float, float] | None) -> bool:
        """Whether a score is better than this bound.

        With few subjects, a score can be better than the ideal observer's by chance. For that bound, the whole interval
        must therefore be lower.
        """
        return (interval[1] if self.ideal and interval else nrmse) < self.nrmse


def bound(challenge: int, ideals: Sequence[float | None], *, n_simulated: int) -> Bound | None:
    """Return the bound of a split.

    Parameters
    ----------
    challenge
        1 or 2.
    ideals
        nrmse of the ideal observer for each release of the split; None if it is unknown.
    n_simulated
        Number of releases that are simulated.

    Returns
    -------
    Bound or None
        None if only some of the releases are simulated, or the ideal observer's score of one is unknown.
    """
    if not n_simulated:
        return Bound(BEST_PUBLIC[challenge], ideal=False)
    known = [ideal for ideal in ideals if ideal is not None]
    return Bound(min(known), ideal=True) if len(known) == len(ideals) == n_simulated else None
