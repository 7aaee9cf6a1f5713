"""A compact CNN with self-attention that predicts a distribution over latencies."""

import torch
from torch import nn

from .attention import MultiHeadSelfAttention
from .conv_block import conv_block
from .latency_head import LatencyHead, LatencyNet
from .standardise import Standardise


class LatencyAttentionCNN(LatencyNet):
    """The trunk of `LightweightAttentionCNN` without its last stride, and a latency head with a bin every 40 ms.

    Parameters
    ----------
    n_chans, n_times
        Channels and samples per window, as in braindecode.
    n_heads
        Attention heads; must divide 64.
    drop_prob
        Dropout probability after every convolution.
    attention_drop_prob
        Dropout probability of the attention.
    temperature
        Temperature of the latency head.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, seconds after the stimulus, from 0.5 to 2.5

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, for the attention.
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_heads: int = 4,
        drop_prob: float = 0.2,
        attention_drop_prob: float = 0.1,
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        self.standardise = Standardise(n_chans, n_times)
        self.stem = nn.Sequential(
            conv_block(n_chans, 32, 7, drop_prob),  # (batch, 32, 100)
            conv_block(32, 64, 5, drop_prob),  # (batch, 64, 50)
        )
        self.attention = MultiHeadSelfAttention(64, n_heads, attention_drop_prob)
        self.last = conv_block(64, 96, 3, drop_prob, stride=1)
        self.head = LatencyHead(96, -(-n_times // 4), temperature)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Return features with a quarter of the time steps."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.stem(x)  # (batch, 64, 50)
        x = x + self.attention(x)  # (batch, 64, 50)
        out: torch.Tensor = self.last(x)  # (batch, 96, 50)
        return out
