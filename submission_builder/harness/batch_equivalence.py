"""Whether windows may be asked together: batches have to prediction as single windows do, whatever came before."""

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
"""How far an prediction in a batch may lie from the prediction to the window alone, over max(1, |prediction|)."""


_PIECE = 8  # windows that are timed together


def unbatchable_reason(
    session: Session, number: int, windows: NDArray[np.float32], blocks: list[TimedBlock], progress: Progress
) -> str | None:
    """Ask a sample one by one, one by one in reverse, and in a batch.

    Parameters
    ----------
    session
        The submission; a model is loaded, and has seen the sample afterwards.
    number
        The challenge.
    windows
        The sample, up to :data:`SLOT_WINDOWS`.
    blocks
        Gets the times of those asked one by one.
    progress
        Told of the windows predicted.

    Returns
    -------
    str | None
        Why the challenge has to be asked one by one; None if batches prediction the same.

    Raises
    ------
    SubmissionError
        If the time is over.
    """
    what = f"sample of challenge {number}"
    try:
        session.load(number)
        alone = _timed(session, windows, what, blocks, progress)
        del blocks[:1]  # a model's first windows warm it up
        reverse = _timed(session, windows[::-1], what, blocks, progress)[::-1]
        if not np.array_equal(alone, reverse):
            return "the same windows got other predictions in another order: it keeps state or draws at random"
        batched = session.predict(windows, SLOT_WINDOWS, what=what, progress=progress).values
    except SubmissionError as error:
        if error.outcome == "timeout":
            raise
        return f"a sample asked in several orders and in a batch ended in {error.outcome}"
    return differs(alone, batched)


def _timed(
    session: Session, windows: NDArray[np.float32], what: str, blocks: list[TimedBlock], progress: Progress
) -> NDArray[np.float64]:
    """Ask one by one, and time a few together."""
    values = []
    for first in range(0, len(windows), _PIECE):
        piece, began = windows[first : first + _PIECE], time.monotonic()
        values.append(session.predict(piece, what=what).values)
        blocks.append(TimedBlock(len(piece), time.monotonic() - began))
        progress(what, first + len(piece), len(windows))
    return np.concatenate(values)


def differs(alone: NDArray[np.float64], batched: NDArray[np.float64]) -> str | None:
    """Say how far predictions in batches lie from those to single windows; None within the tolerance."""
    off = np.abs(batched - alone) / np.maximum(1, np.abs(alone))
    if not len(off) or off.max() <= TOLERANCE:
        return None
    return f"a batch of {SLOT_WINDOWS} moves an prediction by {off.max():.1e}"
