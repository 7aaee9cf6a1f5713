"""The golden windows: a few windows that any machine can compute, and the tolerance between two predictions.

A build predicts the golden windows with its nets and stores these golden predictions in the manifest. Whoever unpacks
the zip can then repeat the predictions without a recording. The windows are a formula in integers that stay below
2**63, followed by one multiplication by a power of two. Plain Python, numpy and torch therefore compute the same bits.

The windows resemble EEG in volts: a standard deviation of about 1e-5, noise plus a rhythm whose frequency differs
between the windows, and a flat reference (Cz, the last channel).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from submission_builder.protocol.challenges import N_CHANS, N_TIMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOLDEN_NAME = "golden-1"
"""Name of the formula. A changed formula needs a new name, because manifests store predictions of this one."""

N_WINDOWS = 4

VOLTS_PER_COUNT = 2.0**-32
"""Volts of one count. The product of a count and this factor is exact in float32."""

_TOLERANCE = 1e-5
_HALF = 1 << 15

Index = TypeVar("Index")


def counts(index: Index) -> Index:
    """Compute the golden windows in integer counts.

    Parameters
    ----------
    index
        Position in the flattened array ``(N_WINDOWS, n_chans, n_times)``: an integer, or an array or tensor of 64-bit
        integers.

    Returns
    -------
    Index
        Integers in ±65,536. Multiplied by :data:`VOLTS_PER_COUNT` they are volts.
    """
    i: Any = index
    time, channel, window = i % N_TIMES, i // N_TIMES % N_CHANS, i // (N_TIMES * N_CHANS)
    period = 10 + 13 * window  # samples: 10, 4.3, 2.8 and 2.0 Hz
    rhythm = abs(2 * ((time + 7 * channel) % period) - period) * (2 * _HALF) // period - _HALF
    both: Index = (rhythm + _noise(i)) * (channel < N_CHANS - 1)
    return both


def _noise(i: Any) -> Any:
    """Hash an integer to signed 16 bits: two steps of a linear congruential generator, each with a shift."""
    for _ in range(2):
        i = (i * 1_103_515_245 + 12_345) % (1 << 31)
        i = i ^ (i >> 15)
    return i // 256 % (2 * _HALF) - _HALF


def golden_windows() -> NDArray[np.float32]:
    """Compute the golden windows in volts.

    Shape
    -----
    Output: ``(N_WINDOWS, n_chans, n_times)``, float32
    """
    shape = (N_WINDOWS, N_CHANS, N_TIMES)
    index = np.arange(np.prod(shape), dtype=np.int64)
    return (counts(index) * VOLTS_PER_COUNT).astype(np.float32).reshape(shape)


def predictions_match(prediction: float, golden: float) -> bool:
    """Whether a prediction equals the golden prediction within 1e-5 · max(1, abs(golden))."""
    return abs(prediction - golden) <= _TOLERANCE * max(1.0, abs(golden))
