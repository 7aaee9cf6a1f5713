"""How much each of several runs should count, fitted to predictions of nets that never saw the subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PRIOR_SUBJECTS = 10
"""How many further subjects, on whom all runs are equally good and right, the fit is told of."""


@dataclass(frozen=True)
class EnsembleWeights:
    """A weighted mean of runs, drawn towards a constant.

    Attributes
    ----------
    weights
        How much each counts: none below 0, summing to 1.
    factor
        What is left, in [0, 1], of a difference from `mean`.
    mean
        The constant: the mean of the targets.
    """

    weights: tuple[float, ...]
    factor: float
    mean: float

    def combine(self, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Join the predictions of the runs.

        Shape
        -----
        predictions: ``(n_windows, n_runs)``; output: ``(n_windows,)``
        """
        joined: NDArray[np.float64] = self.mean + self.factor * (predictions @ np.array(self.weights) - self.mean)
        return joined


def fit_ensemble_weights(
    target: NDArray[np.float32], predictions: NDArray[np.float64], n_subjects: int
) -> EnsembleWeights:
    r"""Fit shares by least squares, shrunk to the plain mean of the runs.

    With :math:`y` and :math:`A` the targets and predictions less the mean of the targets, minimise
    :math:`|y - Au|^2 + k s |u - 1/m|^2` over :math:`u \ge 0, \sum u \le 1`; :math:`m` runs, :math:`s` the sum of
    squares that one subject adds to a column of :math:`A` on average, :math:`k = 10` (stacked regression, Breiman
    1996, with ridge). The weights are :math:`u / \sum u`, the factor is :math:`\sum u`.

    Parameters
    ----------
    target
        Of all windows.
    predictions
        Of nets that never saw the subject.
    n_subjects
        How many subjects the windows come from: they, not the windows, are what is independent.

    Shape
    -----
    target: ``(n_windows,)``; predictions: ``(n_windows, n_runs)``
    """
    mean = float(target.mean(dtype=np.float64))
    n_runs = predictions.shape[1]
    factored: NDArray[np.float64] = np.linalg.qr(np.column_stack([predictions, target]) - mean).R
    A, y = factored[:, :-1], factored[:, -1]
    size = max(float(np.sum(A**2)), np.finfo(np.float64).tiny)
    prior = np.sqrt(_PRIOR_SUBJECTS * size / n_runs / n_subjects)
    whole = 1e4 * np.sqrt(size)  # so heavy that the shares and what is left of them sum to 1
    rows = np.block(
        [
            [A, np.zeros((len(A), 1))],
            [prior * np.eye(n_runs), np.zeros((n_runs, 1))],
            [np.full((1, n_runs + 1), whole)],
        ]
    )
    u = nnls(rows, np.concatenate([y, np.full(n_runs, prior / n_runs), [whole]]))[0][:-1]
    factor = float(u.sum())
    weights = u / factor if factor else np.full(n_runs, 1 / n_runs)
    return EnsembleWeights(tuple(weights.tolist()), min(factor, 1.0), mean)
