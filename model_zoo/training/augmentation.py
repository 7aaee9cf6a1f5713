"""Data augmentation on batches: windows, and their targets where an augmentation changes them.

Time shifts are not here: :mod:`model_zoo.training.order` draws them, because a shifted window reads other samples of
the recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from braindecode.augmentation import ChannelsDropout, Mixup, SmoothTimeMask

from submission_builder.protocol.challenges import SFREQ

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from model_zoo.training.config import TrainConfig

    Augmented = tuple[Tensor, Tensor]
    """Windows and targets."""


def augment(X: Tensor, target: Tensor, config: TrainConfig, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Apply the augmentations of a config in a fixed order; one whose setting is 0 is skipped.

    Parameters
    ----------
    X, target
        Windows and targets.
    config
        Settings.
    rng
        Source of every random draw.

    Shape
    -----
    X: ``(batch, n_chans, n_times)`` · target: ``(batch, 1)`` · output: the same
    """
    if config.channel_dropout:
        X = drop_channels(X, config.channel_dropout, rng)
    if config.time_mask_s:
        X = SmoothTimeMask(1.0, round(config.time_mask_s * SFREQ), random_state=_seed(rng))(X)
    if config.noise:
        X = add_noise(X, config.noise, rng)
    if config.cutmix:
        X, target = cut_and_mix(X, target, config.cutmix, rng)
    if config.mixup:
        X, target = mix(X, target, config.mixup, rng)
    return X, target


def drop_channels(X: Tensor, probability: float, rng: np.random.Generator) -> Tensor:
    """Set each channel to zero with a probability.

    braindecode's mask is close to 0 or to 1, never equal to it. A net that standardises its input would scale a channel
    times 1e-4 back to full amplitude, so the mask is rounded here.
    """
    mask: Tensor = ChannelsDropout(1.0, probability, random_state=_seed(rng))(torch.ones_like(X[..., :1]))
    return X * mask.round()


def add_noise(X: Tensor, amount: float, rng: np.random.Generator) -> Tensor:
    """Add Gaussian noise; `amount` is in units of each channel's standard deviation in the window."""
    noise = torch.from_numpy(rng.standard_normal(tuple(X.shape), "float32")).to(X)
    return X + amount * X.std(dim=-1, correction=0, keepdim=True) * noise


def cut_and_mix(X: Tensor, target: Tensor, probability: float, rng: np.random.Generator) -> Augmented:
    """Replace a segment of a window by the same segment of another window (CutMix along time).

    The segment's length is uniform between 0 and the whole window. The target becomes the mean of both targets,
    weighted by the time that each window takes up.

    References
    ----------
    Yun et al. 2019, CutMix: regularization strategy to train strong classifiers with localizable features
    """
    batch, _, n_times = X.shape
    length = torch.from_numpy((rng.uniform(size=batch) < probability) * rng.integers(0, n_times, batch, endpoint=True))
    first = torch.from_numpy(rng.integers(0, n_times, batch)) % (n_times - length + 1)
    t = torch.arange(n_times)
    segment = ((t >= first[:, None]) & (t < (first + length)[:, None])).to(X.device)  # (batch, n_times)
    other = torch.from_numpy(rng.permutation(batch)).to(X.device)
    weight = segment.float().mean(dim=1, keepdim=True)
    return torch.where(segment[:, None], X[other], X), (1 - weight) * target + weight * target[other]


def mix(X: Tensor, target: Tensor, alpha: float, rng: np.random.Generator) -> Augmented:
    """Average pairs of windows and their targets with a random weight for each pair (mixup).

    braindecode's ``Mixup`` casts labels to integers. It therefore gets each window's index in the batch as its label,
    and the targets are mixed here.

    References
    ----------
    Zhang et al. 2018, mixup: beyond empirical risk minimization
    """
    index = torch.arange(len(X), device=X.device)
    X, (one, other, weight) = Mixup(alpha, beta_per_sample=True, random_state=_seed(rng))(X, index)
    weight = weight.to(target)[:, None]
    return X, weight * target[one] + (1 - weight) * target[other]


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**32))
