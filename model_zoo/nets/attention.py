"""Multi-head self-attention over time."""

import torch
from torch import nn


class MultiHeadSelfAttention(nn.Module):
    r"""Scaled dot-product self-attention with several heads (16,640 parameters at width 64).

    .. math:: \operatorname{softmax}\!\left(Q K^\top / \sqrt{d_\mathrm{head}}\right) V

    The layer contains no positional encoding, mask or normalisation.

    Parameters
    ----------
    width
        Input and output channels.
    n_heads
        Attention heads; must divide `width`.
    drop_prob
        Dropout probability of the attention weights and of the output.

    Shape
    -----
    - Input: ``(batch, width, n_times)``
    - Output: ``(batch, width, n_times)``

    Raises
    ------
    ValueError
        If `n_heads` does not divide `width`.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, eq. 1 and section 3.2.2.
    """

    def __init__(self, width: int = 64, n_heads: int = 4, drop_prob: float = 0.1) -> None:
        super().__init__()
        if width % n_heads:
            raise ValueError(f"n_heads={n_heads} does not divide width={width}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.drop = nn.Dropout(drop_prob)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Attend over time."""
        x = x.transpose(1, 2)  # (batch, n_times, width)
        qkv = self.qkv(x).unflatten(-1, (3, self.n_heads, -1))  # (batch, n_times, 3, heads, d)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # 3 × (batch, heads, n_times, d)
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # (batch, heads, n_times, n_times)
        mixed = self.drop(scores.softmax(dim=-1)) @ v  # (batch, heads, n_times, d)
        mixed = mixed.transpose(1, 2).flatten(2)  # (batch, n_times, width)
        out: torch.Tensor = self.drop(self.project(mixed)).transpose(1, 2)  # (batch, width, n_times)
        return out
