"""Compact CNNs for both challenges: three strided convolutions, the mean over time and a small head."""

from collections.abc import Callable

import torch
from torch import nn

from .conv_block import conv_block
from .head import head
from .standardise import Standardise


class CompactCNN(nn.Module):
    """Three strided convolutions, the mean over time and a head of three linear layers.

    The nets of the two challenges differ in width and activation. A plain CNN without a publication.

    Parameters
    ----------
    last_width
        Channels of the third convolution; the hidden layers of the head have 1/2 and 1/4 as many units.
    activation
        Activation after each convolution and each hidden layer of the head.
    n_chans, n_times, n_outputs
        Channels, samples per window and outputs, as in braindecode.
    drop_prob
        Dropout probabilities after the three convolutions. The hidden layers of the head use the third, then the
        second.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target
    """

    def __init__(
        self,
        last_width: int,
        activation: Callable[[], nn.Module],
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        drop_prob: tuple[float, float, float] = (0.3, 0.4, 0.5),
    ) -> None:
        super().__init__()
        low, middle, high = drop_prob
        self.standardise = Standardise(n_chans, n_times)
        self.trunk = nn.Sequential(
            conv_block(n_chans, 32, 7, low, activation=activation),  # (batch, 32, 100)
            conv_block(32, 64, 5, middle, activation=activation),  # (batch, 64, 50)
            conv_block(64, last_width, 3, high, activation=activation),  # (batch, last_width, 25)
        )
        widths = last_width, last_width // 2, last_width // 4, n_outputs
        self.head = head(widths, (high, middle), activation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.trunk(x)  # (batch, last_width, 25)
        x = x.mean(dim=-1)  # (batch, last_width)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out


class CompactResponseTimeCNN(CompactCNN):
    """`CompactCNN` for challenge 1: ReLU, 128 channels (74,753 parameters; receptive field 23 samples).

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, response time in seconds
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        drop_prob: tuple[float, float, float] = (0.3, 0.4, 0.5),
    ) -> None:
        super().__init__(128, nn.ReLU, n_chans, n_times, n_outputs, drop_prob)


class CompactExternalizingCNN(CompactCNN):
    """`CompactCNN` for challenge 2: ELU, 96 channels (64,001 parameters; receptive field 23 samples).

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, externalizing factor
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        drop_prob: tuple[float, float, float] = (0.3, 0.4, 0.5),
    ) -> None:
        super().__init__(96, nn.ELU, n_chans, n_times, n_outputs, drop_prob)
