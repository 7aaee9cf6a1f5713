"""A residual block of sparse self-attention and a feed-forward network."""

import torch
from torch import nn

from .sparse_attention import SparseAttention


class SparseBlock(nn.Module):
    """Sparse attention and a feed-forward network, each with a skip connection.

    Layer normalisation follows the first sum; there is none after the second.

    Parameters
    ----------
    width, n_tokens, n_rounds, seed, redraw_pairs
        Parameters of `SparseAttention`.
    hidden
        Hidden units of the feed-forward network.
    drop_prob
        Dropout probability after each of its two linear layers.

    Shape
    -----
    - Input: ``(batch, width, n_tokens)``
    - Output: ``(batch, width, n_tokens)``

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.1, without the second normalisation.
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
        """Apply attention over tokens, then the feed-forward network to each token."""
        x = (x + self.attention(x)).transpose(1, 2)  # (batch, n_tokens, width)
        x = self.norm(x)  # (batch, n_tokens, width)
        x = x + self.feed_forward(x)  # (batch, n_tokens, width)
        return x.transpose(1, 2)  # (batch, width, n_tokens)
