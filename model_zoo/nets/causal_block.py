"""Causal convolutions with a skip: what a sample becomes depends on it and on earlier ones alone."""

import torch
from torch import nn
from torch.nn import functional


class CausalConv1d(nn.Conv1d):
    """A convolution that is padded on the left only.

    Parameters
    ----------
    n_in, n_out
        Channels in and out.
    kernel
        Samples that it sees, `dilation` apart, the last of them the present one.
    dilation
        Distance between these samples.

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
    """Two causal convolutions and a skip (32,544 parameters from 48 to 48 channels at kernel 7).

    Parameters
    ----------
    n_in, n_out
        Channels in and out; where they differ, the skip goes through a convolution of kernel 1.
    kernel, dilation
        Of both convolutions; the block sees ``2 · (kernel - 1) · dilation`` samples back.
    drop_prob
        Dropout after each convolution.

    Shape
    -----
    - Input: ``(batch, n_in, n_times)``
    - Output: ``(batch, n_out, n_times)``

    References
    ----------
    Bai et al. (2018), An empirical evaluation of generic convolutional and recurrent networks for sequence
    modeling, fig. 1b; batch normalisation stands where theirs has weight normalisation.
    """

    def __init__(self, n_in: int, n_out: int, kernel: int, dilation: int, drop_prob: float) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *(CausalConv1d(n_in, n_out, kernel, dilation), nn.BatchNorm1d(n_out), nn.ReLU(), nn.Dropout(drop_prob)),
            *(CausalConv1d(n_out, n_out, kernel, dilation), nn.BatchNorm1d(n_out), nn.ReLU(), nn.Dropout(drop_prob)),
        )
        self.skip = nn.Identity() if n_in == n_out else nn.Conv1d(n_in, n_out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add what the branch found to the input."""
        return functional.relu(self.branch(x) + self.skip(x))  # (batch, n_out, n_times)
