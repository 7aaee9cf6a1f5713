"""Solve a ridge regression, its penalty and shrinkage chosen between subjects, in one pass over the windows.

One pass collects, fold by fold, the products of all features, the target and 1. What a fit without a fold is,
and how far it errs on that fold, follows from them.
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
"""Tried in turn: share of a standardised feature's variance that is added to it."""

N_FOLDS = 5


@dataclass(frozen=True)
class Line:
    """A fitted line: ``mean + factor · weight · (features - centre)``.

    Attributes
    ----------
    centre, weight
        Of the features, ``(n_features,)``, float64.
    mean
        Of the targets.
    factor
        How much of the prediction beyond the mean is kept, between 0 and 1.
    """

    centre: torch.Tensor
    weight: torch.Tensor
    mean: float
    factor: float = 1.0


def solve(net: SpectralRidge, train: WindowTable, reader: WindowReader) -> None:
    """Fit a net's line to windows.

    Parameters
    ----------
    net
        In eval mode; takes the line.
    train, reader
        The windows, and where they are read; each is read once.
    """
    folds = fold_subjects(train, min(N_FOLDS, train.n_subjects))
    sums = torch.stack([products(_described(net, held_out, reader)) for _, held_out in folds])
    line = choose_line(sums)
    net.set_solution(line.centre, line.weight, line.factor, line.mean)


@torch.no_grad()
def _described(
    net: SpectralRidge, table: WindowTable, reader: WindowReader
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    windows = WindowDataset(table, reader)
    for batch in OrderedBatches(np.arange(len(table)), PREDICT_BATCH):
        X, target = windows[batch]
        yield net.features(X), target


def products(batches: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    """Sum the products of 1, the features and the target over all rows.

    Parameters
    ----------
    batches
        Features ``(n, n_features)`` and targets ``(n, 1)``; one batch or more.

    Returns
    -------
    torch.Tensor
        ``(n_features + 2, n_features + 2)``, float64.
    """
    rows = (torch.cat([torch.ones_like(target), features, target], dim=1).double() for features, target in batches)
    return reduce(torch.Tensor.add_, (part.T @ part for part in rows))


def lines(sums: torch.Tensor, penalties: Sequence[float]) -> list[Line]:
    """Fit a line at each penalty to summed products; features that do not vary get weight 0.

    Parameters
    ----------
    sums
        ``(n_features + 2, n_features + 2)``.
    penalties
        Added to the variance of each feature after it was given variance 1.
    """
    means = sums[0] / sums[0, 0]
    spread = sums / sums[0, 0] - torch.outer(means, means)
    std = spread.diagonal()[1:-1].clamp(min=0).sqrt()
    scale = torch.where(std > 1e-6, 1 / std, 0.0)  # noqa: PLR2004 - features are of the order of 1
    values, vectors = torch.linalg.eigh(spread[1:-1, 1:-1] * torch.outer(scale, scale))
    along = vectors.T @ (spread[1:-1, -1] * scale)
    weights = [scale * (vectors @ (along / (values + penalty))) for penalty in penalties]
    return [Line(means[1:-1], weight, float(means[-1])) for weight in weights]


def choose_line(sums: torch.Tensor, penalties: Sequence[float] = PENALTIES) -> Line:
    """Choose penalty and factor on folds left out one after the other, then fit to all of them.

    Parameters
    ----------
    sums
        Products of each fold; one fold is fitted at the strongest penalty, as nothing can be chosen on it.
    """
    whole = sums.sum(dim=0)
    if len(sums) == 1:
        return lines(whole, penalties[-1:])[0]
    error = torch.zeros(len(penalties), 3, dtype=torch.float64)
    for fold in sums:
        for number, line in enumerate(lines(whole - fold, penalties)):
            error[number] += _error_terms(line, fold)
    squared, crossed, constant = error.T
    factors = (crossed / squared).clamp(0, 1)
    best = int((constant - 2 * factors * crossed + factors**2 * squared).argmin())
    line = lines(whole, penalties[best : best + 1])[0]
    return Line(line.centre, line.weight, line.mean, float(factors[best]))


def _error_terms(line: Line, fold: torch.Tensor) -> torch.Tensor:
    """Sum d², d · e and e² over a fold's rows, where d and e are what line and target say beyond the mean."""
    zero = line.weight.new_zeros(1)
    said = torch.cat([-(line.centre @ line.weight)[None], line.weight, zero])
    wanted = torch.cat([zero - line.mean, torch.zeros_like(line.weight), zero + 1])
    return torch.stack([said @ fold @ said, said @ fold @ wanted, wanted @ fold @ wanted])
