"""Say *when*: a distribution over latencies, and its mean as the prediction."""

import torch
from torch import nn

FIRST_S, LAST_S = 0.5, 2.5
"""What a window of challenge 1 spans, in seconds after the stimulus."""

_STEEPEST, _HALVINGS = 100.0, 30
"""Slopes of a prior, per second, lie below the first and are found by so many halvings."""


class LatencyHead(nn.Module):
    r"""Turn features that keep time into a distribution over latencies.

    .. math:: \ell_b = (w^\top x_b + \pi_b) / \tau, \quad
        \hat y = \sum_b \operatorname{softmax}(\ell)_b \, t_b

    The same weights score every time step; what is known before the window is seen stands in the prior π, one
    number a bin. The expectation (soft-argmax) is a mean of latencies between 0.5 and 2.5 s, so it needs no
    clamp to stay between them, and no gradient is lost to one.

    Parameters
    ----------
    width
        Channels of the features.
    n_bins
        Their time steps, each of which is a latency bin.
    temperature
        τ: below 1 the distribution is sharper, above 1 flatter.

    Attributes
    ----------
    latency_s
        Latency of each bin in seconds after the stimulus, ``(n_bins,)``.

    Shape
    -----
    - Input: ``(batch, width, n_bins)``
    - Output: ``(batch, n_bins)``, logits already divided by the temperature
    """

    latency_s: torch.Tensor

    def __init__(self, width: int, n_bins: int, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = temperature
        self.score = nn.Conv1d(width, 1, 1, bias=False)
        self.prior = nn.Parameter(torch.zeros(n_bins))
        self.register_buffer("latency_s", torch.linspace(FIRST_S, LAST_S, n_bins))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score the bins."""
        out: torch.Tensor = (self.score(x).squeeze(1) + self.prior) / self.temperature  # (batch, n_bins)
        return out

    def expectation(self, logits: torch.Tensor) -> torch.Tensor:
        """Take the mean latency, ``(batch, 1)`` in seconds, of the distribution that logits stand for."""
        return (logits.softmax(dim=-1) * self.latency_s).sum(dim=-1, keepdim=True)

    @torch.no_grad()
    def init_output_bias(self, mean: float) -> None:
        """Make the prior the flattest distribution with a given mean: an exponential in the latency.

        Parameters
        ----------
        mean
            In seconds; one that no distribution over the bins has is taken as the nearest that one has.
        """
        low, high = -_STEEPEST, _STEEPEST
        for _ in range(_HALVINGS):
            slope = (low + high) / 2
            below = self.expectation(slope * self.latency_s).item() < mean
            low, high = (slope, high) if below else (low, slope)
        self.prior.copy_(slope * self.latency_s * self.temperature)


class LatencyNet(nn.Module):
    """What the nets that say *when* share: features that keep time, and a head on them.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, seconds after the stimulus, from 0.5 to 2.5
    """

    head: LatencyHead

    @property
    def latency_s(self) -> torch.Tensor:
        """Latency of each bin in seconds after the stimulus, ``(n_bins,)``."""
        return self.head.latency_s

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Keep time: ``(batch, width, n_bins)``."""
        raise NotImplementedError

    def latency_logits(self, x: torch.Tensor) -> torch.Tensor:
        """Answer a distribution a window: ``(batch, n_bins)``, already divided by the temperature."""
        out: torch.Tensor = self.head(self.features(x))  # (batch, n_bins)
        return out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer one value a window."""
        return self.head.expectation(self.latency_logits(x))  # (batch, 1)

    def init_output_bias(self, mean: float) -> None:
        """Let an untrained net prediction about the mean of the targets, in seconds."""
        self.head.init_output_bias(mean)
