"""A wide CNN with channel attention, temporal attention and two blocks of sparse self-attention."""

from functools import partial

import torch
from torch import nn

from .channel_attention import ChannelAttention
from .conv_block import conv_block
from .head import head
from .sparse_block import SparseBlock
from .standardise import Standardise
from .temporal_attention import TemporalAttention


class SparseAttentionLargeCNN(nn.Module):
    """Two gates, three convolutions, two blocks of sparse attention over 50 tokens (6,163,375 parameters).

    Parameters
    ----------
    n_chans, n_times, n_outputs
        Channels, samples per window and outputs, as in braindecode.
    n_rounds
        Number of partners that a token attends to in each block.
    seed
        Seed of the pairing in the first block; the second block uses ``seed + 1``.
    drop_prob
        Dropout probability after the convolutions, in the feed-forward layers and in the head.
    redraw_pairs
        Whether every call in training mode draws a new pairing.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target

    References
    ----------
    Woo et al. (2018), CBAM: Convolutional block attention module, for the gates.
    Vaswani et al. (2017), Attention is all you need, for the attention.
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        n_rounds: int = 1,
        seed: int = 0,
        drop_prob: float = 0.4,
        *,
        redraw_pairs: bool = False,
    ) -> None:
        super().__init__()
        n_tokens = n_times // 2 // 2
        self.standardise = Standardise(n_chans, n_times)
        self.gates = nn.Sequential(
            ChannelAttention(n_chans, 8),  # (batch, 129, 200)
            TemporalAttention(7),  # (batch, 129, 200)
        )
        self.stem = nn.Sequential(
            conv_block(n_chans, 256, 7, drop_prob, stride=1, pool=2),  # (batch, 256, 100)
            conv_block(256, 512, 5, drop_prob, stride=1, pool=2),  # (batch, 512, 50)
            conv_block(512, 512, 3, drop_prob, stride=1),  # (batch, 512, 50)
        )
        block = partial(SparseBlock, 512, n_tokens, 1024, drop_prob, n_rounds=n_rounds, redraw_pairs=redraw_pairs)
        self.blocks = nn.Sequential(
            block(seed=seed),  # (batch, 512, 50)
            block(seed=seed + 1),  # (batch, 512, 50)
        )
        self.head = head((1024, 256, 64, n_outputs), (drop_prob, drop_prob))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.gates(x)  # (batch, 129, 200)
        x = self.stem(x)  # (batch, 512, 50)
        x = self.blocks(x)  # (batch, 512, 50)
        x = torch.cat([x.mean(dim=-1), x.amax(dim=-1)], dim=1)  # (batch, 1024)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
