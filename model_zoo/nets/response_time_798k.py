"""A wide CNN with a spatial filter as its first layer: the baseline of the sparse-attention nets."""

import torch
from torch import nn

from .conv_block import conv_block
from .head import head
from .standardise import Standardise


class ResponseTimeCNN(nn.Module):
    """A spatial filter, three strided convolutions and the mean over time (798,081 parameters).

    A plain CNN without a publication.

    Parameters
    ----------
    n_chans, n_times, n_outputs
        Channels, samples per window and outputs, as in braindecode.
    drop_prob
        Two dropout probabilities: of the strided convolutions and the head's second hidden layer; of the head's first
        hidden layer.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        drop_prob: tuple[float, float] = (0.2, 0.3),
    ) -> None:
        super().__init__()
        low, high = drop_prob
        self.standardise = Standardise(n_chans, n_times)
        self.trunk = nn.Sequential(
            conv_block(n_chans, 64, 1, 0.0, stride=1),  # (batch, 64, 200)
            conv_block(64, 128, 7, low),  # (batch, 128, 100)
            conv_block(128, 256, 5, low),  # (batch, 256, 50)
            conv_block(256, 512, 3, low),  # (batch, 512, 25)
        )
        self.head = head((512, 256, 128, 64, n_outputs), (high, low, 0.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.trunk(x)  # (batch, 512, 25)
        x = x.mean(dim=-1)  # (batch, 512)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
