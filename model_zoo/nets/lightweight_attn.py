"""A compact CNN with self-attention between its second and third convolution."""

import torch
from torch import nn

from .attention import MultiHeadSelfAttention
from .conv_block import conv_block
from .head import head
from .standardise import Standardise


class LightweightAttentionCNN(nn.Module):
    """Two convolutions, residual attention, a third convolution and the mean over time (79,489 parameters).

    Parameters
    ----------
    n_chans, n_times, n_outputs
        Channels, samples per window and outputs, as in braindecode.
    n_heads
        Attention heads; must divide 64.
    drop_prob
        Two dropout probabilities: of the first two convolutions; of the third convolution and the head.
    attention_drop_prob
        Dropout probability of the attention.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, for the attention; the CNN around it has no publication.
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        n_heads: int = 4,
        drop_prob: tuple[float, float] = (0.3, 0.4),
        attention_drop_prob: float = 0.1,
    ) -> None:
        super().__init__()
        low, high = drop_prob
        self.standardise = Standardise(n_chans, n_times)
        self.stem = nn.Sequential(
            conv_block(n_chans, 32, 7, low),  # (batch, 32, 100)
            conv_block(32, 64, 5, low),  # (batch, 64, 50)
        )
        self.attention = MultiHeadSelfAttention(64, n_heads, attention_drop_prob)
        self.last = conv_block(64, 96, 3, high)
        self.head = head((96, 48, n_outputs), (high,))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.stem(x)  # (batch, 64, 50)
        x = x + self.attention(x)  # (batch, 64, 50)
        x = self.last(x)  # (batch, 96, 25)
        x = x.mean(dim=-1)  # (batch, 96)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
