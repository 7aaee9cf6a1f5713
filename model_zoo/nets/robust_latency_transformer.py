"""A transformer over time that bad channels do not throw, answering when."""

import torch

from .latency_head import LatencyHead, LatencyNet
from .robust_tokens import RobustTokens


class RobustLatencyTransformer(LatencyNet):
    """A latency every 20 ms, from tokens that have seen each other.

    Parameters
    ----------
    n_chans, n_times
        As in braindecode.
    width, n_blocks, n_heads, drop_prob, channel_drop_prob
        Of the tokens.
    temperature
        Of the latency head.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, seconds after the stimulus, from 0.5 to 2.5
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        width: int = 64,
        n_blocks: int = 2,
        n_heads: int = 4,
        drop_prob: float = 0.1,
        channel_drop_prob: float = 0.1,
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        self.tokens = RobustTokens(n_chans, n_times, width, n_blocks, n_heads, drop_prob, channel_drop_prob)
        self.head = LatencyHead(width, -(-n_times // 2), temperature)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Keep every second time step."""
        out: torch.Tensor = self.tokens(x)  # (batch, 64, 100)
        return out
