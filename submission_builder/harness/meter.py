"""Measure the cost of a replay while it runs: time per block of windows, and memory."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from submission_builder.harness.projection import TimedBlock

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.base.progress import Progress


@dataclass
class ChallengeCost:
    """Cost of one challenge of a replay."""

    load_s: float = 0.0
    """Seconds until the model was loaded the first time. The first load of a process includes its start and its
    imports, as far as they did not overlap with reading the release."""
    single_windows: list[TimedBlock] = field(default_factory=list)
    """Times of windows that were predicted one by one, as the server does."""
    memory: list[tuple[int, int]] = field(default_factory=list)
    """Windows predicted so far, and memory of the process at that moment in bytes."""


class CostMeter:
    """A progress callback that records time and memory, and forwards the progress.

    Parameters
    ----------
    memory
        Returns the memory of the submission's process in bytes.
    progress
        Called with the number of windows predicted.
    """

    def __init__(self, memory: Callable[[], int], progress: Progress) -> None:
        self.blocks: list[TimedBlock] = []
        self.memory: list[tuple[int, int]] = []
        self._read_memory, self._progress = memory, progress
        self._done, self._at = 0, time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Record that `done` windows have been predicted."""
        now = time.monotonic()
        if done:
            self.blocks.append(TimedBlock(done - self._done, now - self._at))
            self.memory.append((done, self._read_memory()))
        self._done, self._at = done, now
        self._progress(what, done, total)
