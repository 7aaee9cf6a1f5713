"""Causal convolutions with a skip connection: each output sample depends on the present and earlier samples only."""

import torch
from torch import nn
from torch.nn import functional


class CausalConv1d(nn.Conv1d):
    """A convolution over time that is zero-padded on the left only.

    Parameters
    ----------
    n_in, n_out
        Input and output channels.
    kernel
        Kernel size in samples; the last tap is the present sample.
    dilation
        Distance between taps in samples.

    Shape
    -----
    - Input: ``(batch, n_in, n_times)``
    - Output: ``(batch, n_out, n_times)``
    """

    def __init__(self, n_in: int, n_out: int, kernel: int, dilation: int) -> None:
        super().__init__(n_in, n_out, kernel, dilation=dilation)
        self.context = (kernel - 1) * dilation

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name for it
        """Convolve over the present and the past."""
        return super().forward(functional.pad(input, (self.context, 0)))


class CausalBlock(nn.Module):
    """Two causal convolutions and a skip connection (32,544 parameters for 48 channels and kernel size 7).

    Parameters
    ----------
    n_in, n_out
        Input and output channels; if they differ, the skip connection is a convolution of kernel size 1.
    kernel, dilation
        Kernel size and dilation of both convolutions. The receptive field of the block is
        ``1 + 2 · (kernel - 1) · dilation`` samples.
    drop_prob
        Dropout probability after each convolution.

    Shape
    -----
    - Input: ``(batch, n_in, n_times)``
    - Output: ``(batch, n_out, n_times)``

    References
    ----------
    Bai et al. (2018), An empirical evaluation of generic convolutional and recurrent networks for sequence
    modeling, fig. 1b; with batch normalisation instead of weight normalisation.
    """

    def __init__(self, n_in: int, n_out: int, kernel: int, dilation: int, drop_prob: float) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *(CausalConv1d(n_in, n_out, kernel, dilation), nn.BatchNorm1d(n_out), nn.ReLU(), nn.Dropout(drop_prob)),
            *(CausalConv1d(n_out, n_out, kernel, dilation), nn.BatchNorm1d(n_out), nn.ReLU(), nn.Dropout(drop_prob)),
        )
        self.skip = nn.Identity() if n_in == n_out else nn.Conv1d(n_in, n_out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the branch to the skip connection."""
        return functional.relu(self.branch(x) + self.skip(x))  # (batch, n_out, n_times)
