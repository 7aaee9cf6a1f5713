"""A transformer over time, robust to bad channels, that predicts a distribution over latencies."""

import torch

from .latency_head import LatencyHead, LatencyNet
from .robust_tokens import RobustTokens


class RobustLatencyTransformer(LatencyNet):
    """Tokens of a transformer and a latency head with a bin every 20 ms.

    Parameters
    ----------
    n_chans, n_times
        Channels and samples per window, as in braindecode.
    width, n_blocks, n_heads, drop_prob, channel_drop_prob
        Parameters of `RobustTokens`.
    temperature
        Temperature of the latency head.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, seconds after the stimulus, from 0.5 to 2.5

    References
    ----------
    Xiong et al. (2020), On layer normalization in the transformer architecture.
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
        """Return features with half of the time steps."""
        out: torch.Tensor = self.tokens(x)  # (batch, 64, 100)
        return out
