"""A convolution over time with batch normalisation, activation and dropout."""

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
    """Stack a convolution over time, batch normalisation, an activation, dropout and, if `pool` > 1, max-pooling.

    Parameters
    ----------
    n_in, n_out
        Input and output channels.
    kernel, stride
        Kernel size and stride of the convolution, in samples.
    drop_prob
        Dropout probability.
    pool
        Kernel size of the max-pooling.
    activation
        Builds the activation.

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
