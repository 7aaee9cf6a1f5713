"""A compact CNN with layer-normalised self-attention over time."""

import torch
from torch import nn

from .attention import MultiHeadSelfAttention
from .conv_block import conv_block
from .head import head
from .standardise import Standardise


class AttentionCNN(nn.Module):
    """Two convolutions, a residual attention layer, a third convolution and the mean over time (91,521 parameters).

    The layer normalisation is on the attention branch, before the sum.

    Parameters
    ----------
    n_chans, n_times, n_outputs
        Channels, samples per window and outputs, as in braindecode.
    n_heads
        Attention heads; must divide 64.
    drop_prob
        Three dropout probabilities: of the first two convolutions; of the third convolution and the head's second
        hidden layer; of the head's first hidden layer.
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
        drop_prob: tuple[float, float, float] = (0.3, 0.4, 0.5),
        attention_drop_prob: float = 0.1,
    ) -> None:
        super().__init__()
        low, middle, high = drop_prob
        self.standardise = Standardise(n_chans, n_times)
        self.stem = nn.Sequential(
            conv_block(n_chans, 32, 7, low),  # (batch, 32, 100)
            conv_block(32, 64, 5, low),  # (batch, 64, 50)
        )
        self.attention = MultiHeadSelfAttention(64, n_heads, attention_drop_prob)
        self.norm = nn.LayerNorm(64)
        self.last = conv_block(64, 128, 3, middle)
        self.head = head((128, 64, 32, n_outputs), (high, middle))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.stem(x)  # (batch, 64, 50)
        mixed = self.attention(x).transpose(1, 2)  # (batch, 50, 64)
        x = x + self.norm(mixed).transpose(1, 2)  # (batch, 64, 50)
        x = self.last(x)  # (batch, 128, 25)
        x = x.mean(dim=-1)  # (batch, 128)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
