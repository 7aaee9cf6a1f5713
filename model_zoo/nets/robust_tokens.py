"""Robust tokens: features over time from a convolutional stem and a transformer."""

import torch
from torch import nn

from .conv_block import conv_block
from .depthwise_block import DepthwiseBlock
from .robust_scale import RobustScale
from .transformer_block import TransformerBlock


class RobustTokens(nn.Module):
    """Map windows to tokens, one every 20 ms, with a convolutional stem and transformer blocks.

    `RobustScale` and channel dropout make the tokens robust to bad channels.

    Parameters
    ----------
    n_chans, n_times
        Channels and samples per window, as in braindecode.
    width
        Channels of a token.
    n_blocks, n_heads
        Blocks and attention heads of the transformer; `n_heads` must divide `width`.
    drop_prob
        Dropout probability after the convolutions and in the transformer.
    channel_drop_prob
        Probability that a whole input channel is set to 0 in training.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, width, n_tokens)``, where n_tokens is ``ceil(n_times / 2)``

    References
    ----------
    Xiong et al. (2020), On layer normalization in the transformer architecture.
    """

    def __init__(
        self,
        n_chans: int,
        n_times: int,
        width: int,
        n_blocks: int,
        n_heads: int,
        drop_prob: float,
        channel_drop_prob: float,
    ) -> None:
        super().__init__()
        self.scale = RobustScale(n_chans, n_times)
        self.drop_channels = nn.Dropout1d(channel_drop_prob)
        self.stem = nn.Sequential(
            conv_block(n_chans, width, 7, drop_prob),
            *(DepthwiseBlock(width, 7, dilation, drop_prob) for dilation in (1, 2, 4)),
        )
        self.position = nn.Parameter(0.02 * torch.randn(width, -(-n_times // 2)))
        self.blocks = nn.Sequential(
            *(TransformerBlock(width, n_heads, 2 * width, drop_prob) for _ in range(n_blocks)),
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the tokens."""
        x = self.drop_channels(self.scale(x))  # (batch, n_chans, n_times)
        x = self.stem(x) + self.position  # (batch, width, n_tokens)
        x = self.blocks(x)  # (batch, width, n_tokens)
        out: torch.Tensor = self.norm(x.transpose(1, 2)).transpose(1, 2)  # (batch, width, n_tokens)
        return out
