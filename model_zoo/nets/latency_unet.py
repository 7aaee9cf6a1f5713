"""A U-Net over time that predicts a distribution over latencies."""

import torch
from torch import nn
from torch.nn import functional

from .conv_block import conv_block
from .latency_head import LatencyHead, LatencyNet
from .standardise import Standardise


class LatencyUNet(LatencyNet):
    """Three downsampling and three upsampling convolutions with skip connections, a latency head with a bin per sample.

    Parameters
    ----------
    n_chans, n_times
        Channels and samples per window, as in braindecode.
    widths
        Channels at full, 1/2, 1/4 and 1/8 temporal resolution.
    drop_prob
        Dropout probability after every convolution.
    temperature
        Temperature of the latency head.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, seconds after the stimulus, from 0.5 to 2.5

    References
    ----------
    Ronneberger et al. (2015), U-Net: Convolutional networks for biomedical image segmentation; here in one dimension.
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        widths: tuple[int, int, int, int] = (32, 48, 64, 96),
        drop_prob: float = 0.1,
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        first, half, quarter, eighth = widths
        self.standardise = Standardise(n_chans, n_times)
        self.stem = conv_block(n_chans, first, 7, drop_prob, stride=1)
        self.down = nn.Sequential(
            conv_block(first, half, 5, drop_prob),  # (batch, 48, 100)
            conv_block(half, quarter, 5, drop_prob),  # (batch, 64, 50)
            conv_block(quarter, eighth, 5, drop_prob),  # (batch, 96, 25)
        )
        self.up = nn.Sequential(
            conv_block(eighth + quarter, quarter, 5, drop_prob, stride=1),  # (batch, 64, 50)
            conv_block(quarter + half, half, 5, drop_prob, stride=1),  # (batch, 48, 100)
            conv_block(half + first, first, 5, drop_prob, stride=1),  # (batch, 32, 200)
        )
        self.head = LatencyHead(first, n_times, temperature)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Return features with all time steps."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.stem(x)  # (batch, 32, 200)
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(x)  # (batch, width, n_times / 2)
        for up in self.up:
            skip = skips.pop()
            x = functional.interpolate(x, size=skip.shape[-1])  # (batch, width, n_times of skip)
            x = up(torch.cat([x, skip], dim=1))  # (batch, width of skip, n_times of skip)
        return x
