"""A compact CNN with max-pooling instead of strided convolutions."""

import torch
from torch import nn

from .conv_block import conv_block
from .head import head
from .standardise import Standardise


class CompactK5CNN(nn.Module):
    """Three convolutions of kernel size 5, two of them max-pooled, and the mean over time (82,881 parameters).

    A plain CNN without a publication.

    Parameters
    ----------
    n_chans, n_times, n_outputs
        Channels, samples per window and outputs, as in braindecode.
    drop_prob
        Dropout probability after every convolution and hidden layer.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target
    """

    def __init__(self, n_chans: int = 129, n_times: int = 200, n_outputs: int = 1, drop_prob: float = 0.0) -> None:
        super().__init__()
        self.standardise = Standardise(n_chans, n_times)
        self.trunk = nn.Sequential(
            conv_block(n_chans, 32, 5, drop_prob, stride=1, pool=2),  # (batch, 32, 100)
            conv_block(32, 64, 5, drop_prob, stride=1, pool=2),  # (batch, 64, 50)
            conv_block(64, 128, 5, drop_prob, stride=1),  # (batch, 128, 50)
        )
        self.head = head((128, 64, 32, n_outputs), (drop_prob, drop_prob))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.trunk(x)  # (batch, 128, 50)
        x = x.mean(dim=-1)  # (batch, 128)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
