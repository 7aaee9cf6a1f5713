"""A TCN of dilated depthwise convolutions that predicts a distribution over latencies."""

import torch
from torch import nn

from .conv_block import conv_block
from .depthwise_block import DepthwiseBlock
from .latency_head import LatencyHead, LatencyNet
from .standardise import Standardise


class LatencyTCN(LatencyNet):
    """One strided convolution, five depthwise blocks with dilations 1 to 16, a latency head with a bin every 20 ms.

    Parameters
    ----------
    n_chans, n_times
        Channels and samples per window, as in braindecode.
    width
        Channels of every block.
    kernel
        Kernel size of the depthwise convolutions in samples.
    n_blocks
        Number of blocks; the dilation doubles from each to the next.
    drop_prob
        Dropout probability after the first convolution and in every block.
    temperature
        Temperature of the latency head.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, seconds after the stimulus, from 0.5 to 2.5

    References
    ----------
    Bai et al. (2018), An empirical evaluation of generic convolutional and recurrent networks for sequence
    modeling, for dilated residual blocks.
    Hu et al. (2018), Squeeze-and-excitation networks.
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
        """Return features with half of the time steps."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.stem(x)  # (batch, 80, 100)
        out: torch.Tensor = self.trunk(x)  # (batch, 80, 100)
        return out
