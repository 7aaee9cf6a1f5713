"""Change windows while training, and their targets where a change moves them.

Shifts in time are drawn with the order of the windows (:mod:`model_zoo.training.order`), as they read other samples.
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


def augment(X: Tensor, target: Tensor, config: TrainConfig, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Do to a batch what a config asks for, in a fixed order; an amount of 0 leaves it alone.

    Parameters
    ----------
    X, target
        Windows and targets.
    config
        Settings.
    rng
        Every draw comes from it.

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
    """Silence channels, each with a probability.

    braindecode's draw is nearly 0 or nearly 1; a channel that keeps a 10⁻⁴ of its volts would come back at full height
    in a net that standardises, so its draw is rounded.
    """
    kept: Tensor = ChannelsDropout(1.0, probability, random_state=_seed(rng))(torch.ones_like(X[..., :1]))
    return X * kept.round()


def add_noise(X: Tensor, amount: float, rng: np.random.Generator) -> Tensor:
    """Add Gaussian noise, in units of each channel's own standard deviation in the window."""
    noise = torch.from_numpy(rng.standard_normal(tuple(X.shape), "float32")).to(X)
    return X + amount * X.std(dim=-1, correction=0, keepdim=True) * noise


def cut_and_mix(X: Tensor, target: Tensor, probability: float, rng: np.random.Generator) -> Augmented:
    """Put a piece of another window over the same piece of a window (CutMix, Yun et al. 2019, along time).

    The target becomes the mean of both, weighed by what is seen of each; a piece is as long as a uniform draw says.
    """
    batch, _, n_times = X.shape
    length = torch.from_numpy((rng.uniform(size=batch) < probability) * rng.integers(0, n_times, batch, endpoint=True))
    first = torch.from_numpy(rng.integers(0, n_times, batch)) % (n_times - length + 1)
    t = torch.arange(n_times)
    piece = ((t >= first[:, None]) & (t < (first + length)[:, None])).to(X.device)  # (batch, n_times)
    other = torch.from_numpy(rng.permutation(batch)).to(X.device)
    share = piece.float().mean(dim=1, keepdim=True)
    return torch.where(piece[:, None], X[other], X), (1 - share) * target + share * target[other]


def mix(X: Tensor, target: Tensor, alpha: float, rng: np.random.Generator) -> Augmented:
    """Mix windows and targets of pairs (Mixup, Zhang et al. 2018), by a share drawn for each.

    braindecode's Mixup holds labels as whole numbers, so it is given positions, and the targets are mixed here.
    """
    position = torch.arange(len(X), device=X.device)
    X, (one, other, share) = Mixup(alpha, beta_per_sample=True, random_state=_seed(rng))(X, position)
    share = share.to(target)[:, None]
    return X, share * target[one] + (1 - share) * target[other]


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**32))
