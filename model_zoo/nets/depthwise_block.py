"""A residual block with a dilated depthwise-separable convolution and squeeze-and-excitation."""

import torch
from torch import nn

from .squeeze_excite import SqueezeExcite


class DepthwiseBlock(nn.Module):
    """A depthwise convolution over time, a pointwise convolution, squeeze-and-excitation and a skip connection.

    The convolution is not causal, because a prediction uses the whole window.

    Parameters
    ----------
    width
        Input and output channels.
    kernel
        Kernel size of the depthwise convolution in samples; odd.
    dilation
        Distance between its taps in samples.
    drop_prob
        Dropout probability at the end of the branch.

    Shape
    -----
    - Input: ``(batch, width, n_times)``
    - Output: ``(batch, width, n_times)``

    References
    ----------
    Bai et al. (2018), An empirical evaluation of generic convolutional and recurrent networks for sequence
    modeling, for dilated residual blocks.
    Hu et al. (2018), Squeeze-and-excitation networks.
    """

    def __init__(self, width: int, kernel: int, dilation: int, drop_prob: float) -> None:
        super().__init__()
        padding = kernel // 2 * dilation
        self.branch = nn.Sequential(
            nn.Conv1d(width, width, kernel, padding=padding, dilation=dilation, groups=width, bias=False),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Conv1d(width, width, 1, bias=False),
            nn.BatchNorm1d(width),
            SqueezeExcite(width),
            nn.Dropout(drop_prob),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the branch to the input."""
        out: torch.Tensor = x + self.branch(x)  # (batch, width, n_times)
        return out
