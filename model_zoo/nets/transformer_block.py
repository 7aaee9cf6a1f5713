"""A pre-norm transformer block: self-attention and a feed-forward network."""

import torch
from torch import nn

from .attention import MultiHeadSelfAttention


class TransformerBlock(nn.Module):
    """Self-attention and a feed-forward network, each with layer normalisation before it and a skip connection.

    Parameters
    ----------
    width
        Input and output channels.
    n_heads
        Attention heads; must divide `width`.
    hidden
        Hidden units of the feed-forward network.
    drop_prob
        Dropout probability in the attention and after each linear layer.

    Shape
    -----
    - Input: ``(batch, width, n_tokens)``
    - Output: ``(batch, width, n_tokens)``

    References
    ----------
    Xiong et al. (2020), On layer normalization in the transformer architecture, fig. 1b.
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
        """Apply attention over tokens, then the feed-forward network to each token."""
        x = x + self.attention(self.attention_norm(x.transpose(1, 2)).transpose(1, 2))  # (batch, width, n_tokens)
        out: torch.Tensor = x + self.feed_forward(x.transpose(1, 2)).transpose(1, 2)  # (batch, width, n_tokens)
        return out
