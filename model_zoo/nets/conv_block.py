"""Convolution over time, the trunk's unit in the CNNs."""

from collections.abc import Callable

from torch import nn


def conv_block(
    n_in: int,
    n_out: int,
    kernel: int,
    drop_prob: float,
    *,
    stride: int = 2,
    pool: int = 1,
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """Convolve over time, normalise over the batch, activate, drop; with `pool`, keep the largest of so many.

    Shape
    -----
    - Input: ``(batch, n_in, n_times)``
    - Output: ``(batch, n_out, ceil(n_times / stride) // pool)``, for an odd kernel
    """
    layers: list[nn.Module] = [
        nn.Conv1d(n_in, n_out, kernel, stride=stride, padding=kernel // 2),
        nn.BatchNorm1d(n_out),
        activation(),
        nn.Dropout(drop_prob),
    ]
    return nn.Sequential(*layers, nn.MaxPool1d(pool)) if pool > 1 else nn.Sequential(*layers)
