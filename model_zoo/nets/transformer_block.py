"""Self-attention and a feed-forward layer, each normalised on its way in."""

import torch
from torch import nn

from .attention import MultiHeadSelfAttention


class TransformerBlock(nn.Module):
    """Mix the tokens, then the channels of each; both are added to what came in.

    Parameters
    ----------
    width
        Channels in and out.
    n_heads
        Attention heads; it must divide `width`.
    hidden
        Width of the feed-forward layer.
    drop_prob
        Dropout in the attention and after each linear layer.

    Shape
    -----
    - Input: ``(batch, width, n_tokens)``
    - Output: ``(batch, width, n_tokens)``

    References
    ----------
    Xiong et al. (2020), On layer normalization in the transformer architecture: the norm stands before.
    """

    def __init__(self, width: int, n_heads: int, hidden: int, drop_prob: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = MultiHeadSelfAttention(width, n_heads, drop_prob)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, hidden),
            nn.GELU(),
            nn.Dropout(drop_prob),
            nn.Linear(hidden, width),
            nn.Dropout(drop_prob),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Mix tokens, then channels."""
        x = x + self.attention(self.attention_norm(x.transpose(1, 2)).transpose(1, 2))  # (batch, width, n_tokens)
        out: torch.Tensor = x + self.feed_forward(x.transpose(1, 2)).transpose(1, 2)  # (batch, width, n_tokens)
        return out
