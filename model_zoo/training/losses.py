"""What training makes small."""

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
"""Called with a net, windows, targets and the epoch (from 0); returns a number without unit."""

_OF_PREDICTIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"mse": mse_loss, "huber": huber_loss, "l1": l1_loss}


def make_loss(config: TrainConfig, net: nn.Module, target_std: float) -> Loss:
    """Make the loss that a config names.

    Parameters
    ----------
    config
        Settings.
    net
        What will be trained.
    target_std
        Spread of the training targets, in their unit. Errors are taken in units of it, so that a step size means
        the same for seconds and for factor scores.

    Raises
    ------
    ConfigError
        If the latency loss is asked for a net that does not predict when.
    """
    if config.loss != "latency":
        of_predictions = _OF_PREDICTIONS[config.loss]
        return lambda net, X, target, _: of_predictions(net(X) / target_std, target / target_std)
    if not (
        callable(getattr(net, "latency_logits", None)) and isinstance(getattr(net, "latency_s", None), torch.Tensor)
    ):
        raise ConfigError(
            f"loss latency takes a net that predicts when (latency_logits and latency_s); {type(net).__name__} does not"
        )

    def latency(net: Any, X: Tensor, target: Tensor, epoch: int) -> Tensor:
        return latency_loss(
            net.latency_logits(X), net.latency_s, target.flatten(), label_width_s(config, epoch), target_std
        )

    return latency


def label_width_s(config: TrainConfig, epoch: int) -> float:
    """Width of the soft label in an epoch (from 0): half a cosine from its start to its end, in s."""
    done = epoch / max(config.epochs - 1, 1)
    start, end = config.label_width_start_s, config.label_width_end_s
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2


def latency_loss(logits: Tensor, latency_s: Tensor, target_s: Tensor, width_s: float, target_std: float) -> Tensor:
    r"""Compare a distribution over latency with the response time.

    The sum of three: cross-entropy against a Gaussian label of `width_s`, the Wasserstein-1 distance to that label
    :math:`\int |F - G|`, and the RMSE of the expectation, the latter two in units of `target_std`. A response before
    the first or after the last latency counts as at that end, which is the nearest that the net can prediction.

    Parameters
    ----------
    logits
        Of each latency.
    latency_s
        The latencies, rising, in s after the stimulus.
    target_s
        Response times, in s after the stimulus.
    width_s
        Standard deviation of the label.
    target_std
        Spread of the training targets, in s.

    Shape
    -----
    logits: ``(batch, n_bins)`` · latency_s: ``(n_bins,)`` · target_s: ``(batch,)`` · output: scalar
    """
    target_s = target_s.clamp(latency_s[0], latency_s[-1])
    label = torch.softmax(-(((latency_s - target_s[:, None]) / width_s) ** 2) / 2, dim=1)
    p = torch.softmax(logits.float(), dim=1)
    apart = (p.cumsum(1) - label.cumsum(1))[:, :-1].abs()
    wasserstein = (apart * latency_s.diff()).sum(1).mean()
    rmse = mse_loss(p @ latency_s, target_s).add(1e-12).sqrt()  # the root has no slope at 0
    return cross_entropy(logits.float(), label) + (wasserstein + rmse) / target_std
