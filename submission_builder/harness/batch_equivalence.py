"""Batch equivalence: whether batched predictions equal those for single windows, in any order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import SubmissionError
from submission_builder.harness.projection import TimedBlock
from submission_builder.harness.slots import SLOT_WINDOWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from submission_builder.base.progress import Progress
    from submission_builder.harness.session import Session

TOLERANCE = 1e-5
"""Largest accepted change of a prediction p in a batch, relative to max(1, abs(p))."""


_TIMED_WINDOWS = 8  # windows in a timed block


def unbatchable_reason(
    session: Session, number: int, windows: NDArray[np.float32], blocks: list[TimedBlock], progress: Progress
) -> str | None:
    """Predict a sample one by one, one by one in reverse order, and in a batch, and compare.

    Parameters
    ----------
    session
        The submission. Afterwards its model is loaded and has predicted the sample.
    number
        Number of the challenge.
    windows
        The sample, up to :data:`SLOT_WINDOWS` windows.
    blocks
        List to which the times of single windows are appended.
    progress
        Called with the number of windows predicted.

    Returns
    -------
    str | None
        Why the challenge has to be predicted one window at a time; None if batches are equivalent.

    Raises
    ------
    SubmissionError
        If the submission exceeds its time limit.
    """
    what = f"sample of challenge {number}"
    try:
        session.load(number)
        single = _predict_timed(session, windows, what, blocks, progress)
        del blocks[:1]  # the first windows of a model warm it up
        reverse = _predict_timed(session, windows[::-1], what, blocks, progress)[::-1]
        if not np.array_equal(single, reverse):
            return "predictions depend on the order of the windows: the model keeps state or draws random numbers"
        batched = session.predict(windows, SLOT_WINDOWS, what=what, progress=progress).values
    except SubmissionError as error:
        if error.outcome == "timeout":
            raise
        return f"predicting a sample in reverse order and in a batch ended in {error.outcome}"
    return difference(single, batched)


def _predict_timed(
    session: Session, windows: NDArray[np.float32], what: str, blocks: list[TimedBlock], progress: Progress
) -> NDArray[np.float64]:
    """Predict windows one by one, and time a few together."""
    values = []
    for first in range(0, len(windows), _TIMED_WINDOWS):
        block, began = windows[first : first + _TIMED_WINDOWS], time.monotonic()
        values.append(session.predict(block, what=what).values)
        blocks.append(TimedBlock(len(block), time.monotonic() - began))
        progress(what, first + len(block), len(windows))
    return np.concatenate(values)


def difference(single: NDArray[np.float64], batched: NDArray[np.float64]) -> str | None:
    """Describe how much batched predictions differ from those for single windows; None within the tolerance."""
    change = np.abs(batched - single) / np.maximum(1, np.abs(single))
    if not len(change) or change.max() <= TOLERANCE:
        return None
    return f"a batch of {SLOT_WINDOWS} changes a prediction by {change.max():.1e}; the tolerance is {TOLERANCE:.0e}"
