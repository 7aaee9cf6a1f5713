"""A U-Net over time that says when."""

import torch
from torch import nn
from torch.nn import functional

from .conv_block import conv_block
from .latency_head import LatencyHead, LatencyNet
from .standardise import Standardise


class LatencyUNet(LatencyNet):
    """Three halvings of the time axis and three doublings, joined by skips, and a latency every sample.

    Parameters
    ----------
    n_chans, n_times
        As in braindecode.
    widths
        Channels at full, half, quarter and eighth resolution.
    drop_prob
        Dropout after every convolution.
    temperature
        Of the latency head.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, seconds after the stimulus, from 0.5 to 2.5

    References
    ----------
    Ronneberger et al. (2015), U-Net: Convolutional networks for biomedical image segmentation, over time.
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
        """Keep every time step."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.stem(x)  # (batch, 32, 200)
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(x)
        for up in self.up:
            skip = skips.pop()
            x = functional.interpolate(x, size=skip.shape[-1])  # (batch, width, n_times of the skip)
            x = up(torch.cat([x, skip], dim=1))
        return x
