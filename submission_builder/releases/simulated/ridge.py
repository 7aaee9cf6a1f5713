"""The reference model of challenge 2: ridge regression on one feature, the share of alpha in the power.

The bound √(1 − ρ²) is reached only by an observer that knows each subject's alpha strength. This ridge shows the score
of a simple model that sees single windows.
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
"""Ridge penalty, added to the sum of squares of the standardised feature (about the number of windows)."""


def alpha_feature(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the mean over channels of log(power in 8–12 Hz / total power); a gain cancels out.

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
    """Predict each window with a ridge that is fitted without the subjects of its fold.

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


def _ridge(x: NDArray[np.float64], y: NDArray[np.float64], x_new: NDArray[np.float64]) -> NDArray[np.float64]:
    centre, spread = x.mean(), x.std()
    z = (x - centre) / spread
    slope = z @ (y - y.mean()) / (z @ z + PENALTY)
    return np.asarray(y.mean() + slope * (x_new - centre) / spread)
