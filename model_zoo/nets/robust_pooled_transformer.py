"""A transformer over time, robust to bad channels, with pooled tokens."""

import torch
from torch import nn

from .head import head
from .robust_tokens import RobustTokens


class RobustPooledTransformer(nn.Module):
    """Tokens of a transformer, their mean and maximum over time, and a small head.

    Parameters
    ----------
    n_chans, n_times, n_outputs
        Channels, samples per window and outputs, as in braindecode.
    width, n_blocks, n_heads, drop_prob, channel_drop_prob
        Parameters of `RobustTokens`; the dropout probability of the head is ``3 · drop_prob``.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target

    References
    ----------
    Xiong et al. (2020), On layer normalization in the transformer architecture.
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        width: int = 64,
        n_blocks: int = 2,
        n_heads: int = 4,
        drop_prob: float = 0.1,
        channel_drop_prob: float = 0.1,
    ) -> None:
        super().__init__()
        self.tokens = RobustTokens(n_chans, n_times, width, n_blocks, n_heads, drop_prob, channel_drop_prob)
        self.head = head((2 * width, 32, n_outputs), (3 * drop_prob,))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        x = self.tokens(x)  # (batch, 64, 100)
        x = torch.cat([x.mean(dim=-1), x.amax(dim=-1)], dim=1)  # (batch, 128)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
