"""The golden question: a few windows that any machine can make for itself, and how close two predictions should be.

A build asks its nets this question and keeps the predictions in the manifest, so whoever unpacks the zip can ask it
again, without a recording. The windows are a formula in integers that stay below 2**63, and one multiplication by a
power of two: plain Python, numpy and torch compute the same bits.

They look like what the server hands out: volts, about 1e-5, a rhythm of another frequency in each window over noise,
and a reference (Cz, the last channel) that is flat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from submission_builder.protocol.challenges import N_CHANS, N_TIMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUESTION = "golden-1"
"""Name of the formula; another formula has another name."""

N_WINDOWS = 4

VOLTS_PER_COUNT = 2.0**-32
"""A count times this is exact in float32."""

_TOLERANCE = 1e-5
_HALF = 1 << 15

Index = TypeVar("Index")


def counts(index: Index) -> Index:
    """Compute the golden question in counts.

    Parameters
    ----------
    index
        Place in the flattened array ``(N_WINDOWS, n_chans, n_times)``: an integer, or an array or tensor of 64-bit
        integers.

    Returns
    -------
    Index
        Integers in ±65,536; times :data:`VOLTS_PER_COUNT` they are volts.
    """
    i: Any = index
    time, channel, window = i % N_TIMES, i // N_TIMES % N_CHANS, i // (N_TIMES * N_CHANS)
    period = 10 + 13 * window  # samples: 10, 4.3, 2.8 and 2.0 Hz
    rhythm = abs(2 * ((time + 7 * channel) % period) - period) * (2 * _HALF) // period - _HALF
    both: Index = (rhythm + _noise(i)) * (channel < N_CHANS - 1)
    return both


def _noise(i: Any) -> Any:
    """Scramble an integer by two linear congruential steps, with shifts between; 16 bits with sign."""
    for _ in range(2):
        i = (i * 1_103_515_245 + 12_345) % (1 << 31)
        i = i ^ (i >> 15)
    return i // 256 % (2 * _HALF) - _HALF


def golden_windows() -> NDArray[np.float32]:
    """Make the golden question.

    Returns
    -------
    NDArray
        Shape ``(N_WINDOWS, n_chans, n_times)``, volts.
    """
    shape = (N_WINDOWS, N_CHANS, N_TIMES)
    index = np.arange(np.prod(shape), dtype=np.int64)
    return (counts(index) * VOLTS_PER_COUNT).astype(np.float32).reshape(shape)


def agree(prediction: float, golden: float) -> bool:
    """Whether an prediction is the golden one, to 1e-5 of the larger of 1 and its size."""
    return abs(prediction - golden) <= _TOLERANCE * max(1.0, abs(golden))
