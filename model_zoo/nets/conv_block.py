"""Strided convolution, the trunk's unit in the compact CNNs."""

from collections.abc import Callable

from torch import nn


def conv_block(
    n_in: int,
    n_out: int,
    kernel: int,
    drop_prob: float,
    *,
    stride: int = 2,
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """Convolve over time, normalise over the batch, activate, drop.

    Shape
    -----
    - Input: ``(batch, n_in, n_times)``
    - Output: ``(batch, n_out, ceil(n_times / stride))``, for an odd kernel
    """
    return nn.Sequential(
        nn.Conv1d(n_in, n_out, kernel, stride=stride, padding=kernel // 2),
        nn.BatchNorm1d(n_out),
        activation(),
        nn.Dropout(drop_prob),
    )
