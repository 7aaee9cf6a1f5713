"""Dilated depthwise convolution: each channel looks far for itself, then the channels are mixed."""

import torch
from torch import nn

from .squeeze_excite import SqueezeExcite


class DepthwiseBlock(nn.Module):
    """A depthwise convolution, a mixing of channels, a gate for each of them, and a skip.

    It looks ahead as far as back: the whole window is there when the prediction is asked for.

    Parameters
    ----------
    width
        Channels in and out.
    kernel
        Samples that the convolution sees; odd.
    dilation
        Distance between these samples.
    drop_prob
        Dropout at the end of the branch.

    Shape
    -----
    - Input: ``(batch, width, n_times)``
    - Output: ``(batch, width, n_times)``
    """

    def __init__(self, width: int, kernel: int, dilation: int, drop_prob: float) -> None:
        super().__init__()
        reach = kernel // 2 * dilation
        self.branch = nn.Sequential(
            nn.Conv1d(width, width, kernel, padding=reach, dilation=dilation, groups=width, bias=False),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Conv1d(width, width, 1, bias=False),
            nn.BatchNorm1d(width),
            SqueezeExcite(width),
            nn.Dropout(drop_prob),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add what the branch found to the input."""
        out: torch.Tensor = x + self.branch(x)  # (batch, width, n_times)
        return out
