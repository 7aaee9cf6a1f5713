"""The plain reference of challenge 2: a ridge on one feature, alpha's share in the power.

Beside the bound √(1 − ρ²), which only an observer that knows each subject's alpha reaches, it says what the
simplest honest model gets from single windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.protocol.challenges import N_TIMES, SFREQ

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAND_HZ = (8.0, 12.0)
N_FOLDS = 5
PENALTY = 1.0
"""Added to the sum of squares of the standardised feature, which is about the number of windows."""


def alpha_feature(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over channels of log(power in 8–12 Hz / total power); a gain drops out.

    Shape
    -----
    windows: ``(n_windows, n_chans, 200)``, no flat channel. Output: ``(n_windows,)``.
    """
    centred = windows - windows.mean(axis=2, keepdims=True)
    power = np.abs(np.fft.rfft(centred * np.hanning(N_TIMES))) ** 2
    frequency = np.fft.rfftfreq(N_TIMES, 1 / SFREQ)
    band = (frequency >= BAND_HZ[0]) & (frequency <= BAND_HZ[1])
    ratio = np.log(power[..., band].sum(axis=2) / power.sum(axis=2))
    return np.asarray(ratio.mean(axis=1))


def cross_validated(
    feature: NDArray[np.float64], target: NDArray[np.float64], subject: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Answer each window by a ridge that was fitted without its fold's subjects.

    Shape
    -----
    feature, target, subject (numbered from 0), output: ``(n_windows,)``
    """
    fold = subject % min(N_FOLDS, int(subject.max()) + 1)
    prediction = np.empty_like(target)
    for left_out in np.unique(fold):
        inside, outside = fold != left_out, fold == left_out
        prediction[outside] = _ridge(feature[inside], target[inside], feature[outside])
    return prediction


def _ridge(x: NDArray[np.float64], y: NDArray[np.float64], asked: NDArray[np.float64]) -> NDArray[np.float64]:
    centre, spread = x.mean(), x.std()
    z = (x - centre) / spread
    slope = z @ (y - y.mean()) / (z @ z + PENALTY)
    return np.asarray(y.mean() + slope * (asked - centre) / spread)
