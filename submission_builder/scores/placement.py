"""Where a score would have stood on the public leaderboards of 2025."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FILE = "boards_2025.json"
PHASES = ("warmup", "final")


@dataclass(frozen=True)
class Placement:
    """The ranks that an interval covers on one board."""

    phase: str
    best: int
    """Rank of the lower end of the interval; 1 is first."""
    worst: int
    """Rank of the upper end."""
    n_entries: int

    def __str__(self) -> str:
        between = f"rank {self.best}" if self.best == self.worst else f"between rank {self.best} and {self.worst}"
        return f"{self.phase}: {between} of {self.n_entries}"


def place(interval: tuple[float, float]) -> tuple[Placement, ...]:
    """Find the ranks that the ends of an interval would have had.

    The boards rest on other subjects than any score here, and among the 66 teams in both phases the rank of the
    warm-up said nothing about the final rank (correlation 0.03).

    Parameters
    ----------
    interval
        Lower and upper end of an overall score.
    """
    return tuple(_on_board(interval, phase, np.array(_boards()[phase]["overall"])) for phase in PHASES)


def _on_board(interval: tuple[float, float], phase: str, board: NDArray[np.float64]) -> Placement:
    best, worst = (min(int(np.sum(board < end)) + 1, len(board)) for end in interval)
    return Placement(phase, best, worst, len(board))


@cache
def _boards() -> dict[str, dict[str, list[float]]]:
    """Read the scores of both boards; the file names its source."""
    content = json.loads(files("submission_builder.scores").joinpath(_FILE).read_text(encoding="utf-8"))
    scores: dict[str, dict[str, list[float]]] = content["scores"]
    return scores
