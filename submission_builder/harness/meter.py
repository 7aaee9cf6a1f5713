"""What a replay costs, measured beside it: time window by window, and memory."""

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
    """What one challenge of a replay cost.

    Attributes
    ----------
    load_s
        Until its model was built the first time; for the first of a process that is start and imports too, as far
        as they did not run while the release was read.
    single_windows
        Windows that were asked one by one, as the server does.
    memory
        Windows predicted so far, and bytes that the process then held; in the replay itself, in its batches.
    """

    load_s: float = 0.0
    single_windows: list[TimedBlock] = field(default_factory=list)
    memory: list[tuple[int, int]] = field(default_factory=list)


class CostMeter:
    """Notes time and memory whenever windows were predicted, and tells of the progress.

    Parameters
    ----------
    memory
        Says how many bytes the process holds.
    progress
        Told of the windows predicted.
    """

    def __init__(self, memory: Callable[[], int], progress: Progress) -> None:
        self.blocks: list[TimedBlock] = []
        self.memory: list[tuple[int, int]] = []
        self._held, self._progress = memory, progress
        self._done, self._at = 0, time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Hear how many windows are predicted."""
        now = time.monotonic()
        if done:
            self.blocks.append(TimedBlock(done - self._done, now - self._at))
            self.memory.append((done, self._held()))
        self._done, self._at = done, now
        self._progress(what, done, total)
