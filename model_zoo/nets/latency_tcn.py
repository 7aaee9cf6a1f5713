"""A dilated depthwise TCN that says when."""

import torch
from torch import nn

from .conv_block import conv_block
from .depthwise_block import DepthwiseBlock
from .latency_head import LatencyHead, LatencyNet
from .standardise import Standardise


class LatencyTCN(LatencyNet):
    """One strided convolution, five depthwise blocks of dilation 1 … 16, a latency every 20 ms.

    Parameters
    ----------
    n_chans, n_times
        As in braindecode.
    width
        Channels of every block.
    kernel
        Of every depthwise convolution.
    n_blocks
        Blocks; the dilation doubles from one to the next.
    drop_prob
        Dropout after the first convolution and in every block.
    temperature
        Of the latency head.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, seconds after the stimulus, from 0.5 to 2.5
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        width: int = 80,
        kernel: int = 7,
        n_blocks: int = 5,
        drop_prob: float = 0.2,
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        self.standardise = Standardise(n_chans, n_times)
        self.stem = conv_block(n_chans, width, 7, drop_prob)
        self.trunk = nn.Sequential(*(DepthwiseBlock(width, kernel, 2**i, drop_prob) for i in range(n_blocks)))
        self.head = LatencyHead(width, -(-n_times // 2), temperature)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Keep every second time step."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.stem(x)  # (batch, 80, 100)
        out: torch.Tensor = self.trunk(x)  # (batch, 80, 100)
        return out
