"""Loss functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, huber_loss, l1_loss, mse_loss

from submission_builder.base.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn

    from model_zoo.training.config import TrainConfig

Loss = Callable[["nn.Module", "Tensor", "Tensor", int], "Tensor"]
"""Called with a net, windows, targets and the epoch (counted from 0); returns a dimensionless scalar."""

_OF_PREDICTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"mse": mse_loss, "huber": huber_loss, "l1": l1_loss}


def make_loss(config: TrainConfig, net: nn.Module, target_std: float) -> Loss:
    """Return the loss function that a config names.

    Parameters
    ----------
    config
        Settings.
    net
        The net to train.
    target_std
        Standard deviation of the training targets, in their unit. Errors are divided by it, so that a learning rate has
        the same effect for targets in seconds and for factor scores.

    Raises
    ------
    ConfigError
        If the loss is latency and the net has no `latency_logits` or `latency_s`.
    """
    if config.loss != "latency":
        of_predictions = _OF_PREDICTIONS[config.loss]
        return lambda net, X, target, _: of_predictions(net(X) / target_std, target / target_std)
    if not (
        callable(getattr(net, "latency_logits", None)) and isinstance(getattr(net, "latency_s", None), torch.Tensor)
    ):
        raise ConfigError(
            f"loss latency needs a net with latency_logits and latency_s; {type(net).__name__} lacks them"
        )

    def latency(net: Any, X: Tensor, target: Tensor, epoch: int) -> Tensor:
        return latency_loss(
            net.latency_logits(X), net.latency_s, target.flatten(), label_width_s(config, epoch), target_std
        )

    return latency


def label_width_s(config: TrainConfig, epoch: int) -> float:
    """Return the standard deviation (s) of the soft label in an epoch, counted from 0; it follows half a cosine."""
    progress = epoch / max(config.epochs - 1, 1)
    start, end = config.label_width_start_s, config.label_width_end_s
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def latency_loss(logits: Tensor, latency_s: Tensor, target_s: Tensor, width_s: float, target_std: float) -> Tensor:
    r"""Compare a predicted distribution over latencies with the response time.

    The loss is the sum of three terms: the cross-entropy with a Gaussian soft label of standard deviation `width_s`,
    the Wasserstein-1 distance to that label :math:`\int |F - G|`, and the RMSE of the expected latency. The last two
    are in units of `target_std`. Response times are clipped to the range of the latencies.

    Parameters
    ----------
    logits
        One logit for each latency.
    latency_s
        Latencies in s after the stimulus, ascending.
    target_s
        Response times in s after the stimulus.
    width_s
        Standard deviation of the soft label in s.
    target_std
        Standard deviation of the training targets in s.

    Shape
    -----
    logits: ``(batch, n_bins)`` · latency_s: ``(n_bins,)`` · target_s: ``(batch,)`` · output: scalar
    """
    target_s = target_s.clamp(latency_s[0], latency_s[-1])
    label = torch.softmax(-(((latency_s - target_s[:, None]) / width_s) ** 2) / 2, dim=1)
    p = torch.softmax(logits.float(), dim=1)
    distance = (p.cumsum(1) - label.cumsum(1))[:, :-1].abs()
    wasserstein = (distance * latency_s.diff()).sum(1).mean()
    rmse = mse_loss(p @ latency_s, target_s).add(1e-12).sqrt()  # the square root has no finite gradient at 0
    return cross_entropy(logits.float(), label) + (wasserstein + rmse) / target_std
