"""Ensemble weights of several runs, fitted to their out-of-fold predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PRIOR_SUBJECTS = 10
"""Strength of the prior, in subjects: the fit behaves as if this many more had been predicted best by equal weights."""


@dataclass(frozen=True)
class EnsembleWeights:
    """A weighted mean of runs, shrunk towards a constant."""

    weights: tuple[float, ...]
    """Weight of each run, at least 0; they sum to 1."""
    factor: float
    """Shrinkage factor in [0, 1]: 1 keeps the weighted mean, 0 predicts `mean`."""
    mean: float
    """Mean of the targets, in their unit."""

    def combine(self, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the ensemble's predictions from those of the runs.

        Shape
        -----
        predictions: ``(n_windows, n_runs)``; output: ``(n_windows,)``
        """
        combined: NDArray[np.float64] = self.mean + self.factor * (predictions @ np.array(self.weights) - self.mean)
        return combined


def fit_ensemble_weights(
    target: NDArray[np.float32], predictions: NDArray[np.float64], n_subjects: int
) -> EnsembleWeights:
    r"""Fit ensemble weights by non-negative least squares with a ridge penalty towards equal weights.

    Let :math:`y` and :math:`A` be the targets and predictions minus the mean of the targets, and :math:`m` the number
    of runs. The fit minimises :math:`|y - Au|^2 + k s |u - 1/m|^2` over :math:`u \ge 0, \sum u \le 1`. Here, :math:`s`
    is the sum of squares that one subject adds to a column of :math:`A` on average, and :math:`k = 10`. The weights are
    :math:`u / \sum u`, the factor is :math:`\sum u`.

    Parameters
    ----------
    target
        Targets of all windows.
    predictions
        Out-of-fold predictions of each run.
    n_subjects
        Number of subjects of the windows. The strength of the penalty depends on it, because subjects are independent
        and windows are not.

    Shape
    -----
    target: ``(n_windows,)`` · predictions: ``(n_windows, n_runs)``

    References
    ----------
    Breiman 1996, Stacked regressions; the ridge penalty is ours
    """
    mean = float(target.mean(dtype=np.float64))
    n_runs = predictions.shape[1]
    R: NDArray[np.float64] = np.linalg.qr(np.column_stack([predictions, target]) - mean).R
    A, y = R[:, :-1], R[:, -1]  # the same norms in n_runs + 1 rows
    total = max(float(np.sum(A**2)), np.finfo(np.float64).tiny)  # sum of squares
    prior = np.sqrt(_PRIOR_SUBJECTS * total / n_runs / n_subjects)
    penalty = 1e4 * np.sqrt(total)  # of a row that makes u and a slack variable sum to 1, hence sum(u) <= 1
    rows = np.block(
        [
            [A, np.zeros((len(A), 1))],
            [prior * np.eye(n_runs), np.zeros((n_runs, 1))],
            [np.full((1, n_runs + 1), penalty)],
        ]
    )
    u = nnls(rows, np.concatenate([y, np.full(n_runs, prior / n_runs), [penalty]]))[0][:-1]
    factor = float(u.sum())
    weights = u / factor if factor else np.full(n_runs, 1 / n_runs)
    return EnsembleWeights(tuple(weights.tolist()), min(factor, 1.0), mean)
