"""Sparse attention and a feed-forward layer, each with a skip."""

import torch
from torch import nn

from .sparse_attention import SparseAttention


class SparseBlock(nn.Module):
    """Normalise the sum of tokens and attention, then add a feed-forward layer, which is not normalised.

    Parameters
    ----------
    width, n_tokens, n_rounds, seed, redraw_pairs
        Of the sparse attention.
    hidden
        Width of the feed-forward layer.
    drop_prob
        Dropout after each of its two linear layers.

    Shape
    -----
    - Input: ``(batch, width, n_tokens)``
    - Output: ``(batch, width, n_tokens)``
    """

    def __init__(
        self,
        width: int,
        n_tokens: int,
        hidden: int,
        drop_prob: float,
        *,
        n_rounds: int = 1,
        seed: int = 0,
        redraw_pairs: bool = False,
    ) -> None:
        super().__init__()
        self.attention = SparseAttention(width, n_tokens, n_rounds, seed, redraw_pairs=redraw_pairs)
        self.norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, hidden),
            nn.GELU(),
            nn.Dropout(drop_prob),
            nn.Linear(hidden, width),
            nn.Dropout(drop_prob),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Mix the tokens, then the channels of each."""
        x = (x + self.attention(x)).transpose(1, 2)  # (batch, n_tokens, width)
        x = self.norm(x)  # (batch, n_tokens, width)
        x = x + self.feed_forward(x)  # (batch, n_tokens, width)
        return x.transpose(1, 2)  # (batch, width, n_tokens)
