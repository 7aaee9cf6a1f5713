"""Ridge regression in closed form, in one pass over the windows.

The pass sums the Gram matrix of (1, features, target) for each fold. Every fit, with or without a fold, and its squared
error on that fold are functions of these matrices, so penalty and shrinkage are cross-validated by subject without
reading the windows again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import torch

from model_zoo.training.dataset import WindowDataset
from model_zoo.training.loaders import PREDICT_BATCH
from model_zoo.training.order import OrderedBatches
from model_zoo.training.splits import fold_subjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from model_zoo.nets.spectral_ridge import SpectralRidge
    from submission_builder.protocol.windows import WindowReader, WindowTable

PENALTIES = tuple(10.0**power for power in range(-4, 3))
"""Candidate ridge penalties, relative to the variance of a standardised feature."""

N_FOLDS = 5


@dataclass(frozen=True)
class RidgeFit:
    """A fitted ridge regression: ``mean + factor · weight · (features - centre)``."""

    centre: torch.Tensor
    """Means of the features, ``(n_features,)``, float64."""
    weight: torch.Tensor
    """Regression weights, ``(n_features,)``, float64."""
    mean: float
    """Mean of the targets."""
    factor: float = 1.0
    """Shrinkage towards the mean, between 0 (the mean alone) and 1 (no shrinkage)."""


def solve(net: SpectralRidge, train: WindowTable, reader: WindowReader) -> None:
    """Fit the regression of a net.

    Parameters
    ----------
    net
        The net, in eval mode; its regression weights are set.
    train
        The training windows; each is read once.
    reader
        Reads the signals of the windows.
    """
    folds = fold_subjects(train, min(N_FOLDS, train.n_subjects))
    grams = torch.stack([gram_matrix(_features(net, held_out, reader)) for _, held_out in folds])
    fitted = choose_ridge(grams)
    net.set_solution(fitted.centre, fitted.weight, fitted.factor, fitted.mean)


@torch.no_grad()
def _features(
    net: SpectralRidge, table: WindowTable, reader: WindowReader
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    windows = WindowDataset(table, reader)
    for batch in OrderedBatches(np.arange(len(table)), PREDICT_BATCH):
        X, target = windows[batch]
        yield net.features(X), target


def gram_matrix(batches: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    """Return the Gram matrix of (1, features, target), summed over all windows.

    Parameters
    ----------
    batches
        Features ``(n, n_features)`` and targets ``(n, 1)``; at least one batch.

    Returns
    -------
    torch.Tensor
        ``(n_features + 2, n_features + 2)``, float64.
    """
    rows = (torch.cat([torch.ones_like(target), features, target], dim=1).double() for features, target in batches)
    return reduce(torch.Tensor.add_, (part.T @ part for part in rows))


def fit_ridges(gram: torch.Tensor, penalties: Sequence[float]) -> list[RidgeFit]:
    """Fit one ridge regression for each penalty; a constant feature gets weight 0.

    Parameters
    ----------
    gram
        Gram matrix of (1, features, target), ``(n_features + 2, n_features + 2)``.
    penalties
        Added to the diagonal of the features' correlation matrix.
    """
    means = gram[0] / gram[0, 0]
    covariance = gram / gram[0, 0] - torch.outer(means, means)
    std = covariance.diagonal()[1:-1].clamp(min=0).sqrt()
    scale = torch.where(std > 1e-6, 1 / std, 0.0)  # noqa: PLR2004 - features are of the order of 1
    values, vectors = torch.linalg.eigh(covariance[1:-1, 1:-1] * torch.outer(scale, scale))
    projected = vectors.T @ (covariance[1:-1, -1] * scale)
    weights = [scale * (vectors @ (projected / (values + penalty))) for penalty in penalties]
    return [RidgeFit(means[1:-1], weight, float(means[-1])) for weight in weights]


def choose_ridge(grams: torch.Tensor, penalties: Sequence[float] = PENALTIES) -> RidgeFit:
    """Choose penalty and factor by leave-one-fold-out cross-validation, then fit to all folds.

    Parameters
    ----------
    grams
        Gram matrix of each fold, ``(n_folds, n_features + 2, n_features + 2)``. A single fold allows no
        cross-validation and is fitted with the largest penalty.
    penalties
        Candidate penalties, ascending.
    """
    total = grams.sum(dim=0)
    if len(grams) == 1:
        return fit_ridges(total, penalties[-1:])[0]
    error = torch.zeros(len(penalties), 3, dtype=torch.float64)
    for fold in grams:
        for number, fitted in enumerate(fit_ridges(total - fold, penalties)):
            error[number] += _error_terms(fitted, fold)
    squared, crossed, constant = error.T
    factors = (crossed / squared).clamp(0, 1)
    best = int((constant - 2 * factors * crossed + factors**2 * squared).argmin())
    fitted = fit_ridges(total, penalties[best : best + 1])[0]
    return RidgeFit(fitted.centre, fitted.weight, fitted.mean, float(factors[best]))


def _error_terms(fitted: RidgeFit, fold: torch.Tensor) -> torch.Tensor:
    """Return the sums of d², d · e and e² over a fold; d is the prediction and e the target, both less the mean."""
    zero = fitted.weight.new_zeros(1)
    d = torch.cat([-(fitted.centre @ fitted.weight)[None], fitted.weight, zero])
    e = torch.cat([zero - fitted.mean, torch.zeros_like(fitted.weight), zero + 1])
    return torch.stack([d @ fold @ d, d @ fold @ e, e @ fold @ e])
