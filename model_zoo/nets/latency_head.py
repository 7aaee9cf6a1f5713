"""A head that predicts when: a distribution over latencies, whose mean is the prediction."""

import torch
from torch import nn

FIRST_S, LAST_S = 0.5, 2.5
"""First and last sample of a window of challenge 1, in seconds after the stimulus."""

_STEEPEST, _HALVINGS = 100.0, 30
"""Largest absolute slope of an initial prior, per second, and the number of bisection steps that find the slope."""


class LatencyHead(nn.Module):
    r"""Map features over time to a distribution over latency bins.

    .. math:: \ell_b = (w^\top x_b + \pi_b) / \tau, \quad
        \hat y = \sum_b \operatorname{softmax}(\ell)_b \, t_b

    The weights `w` are the same for every time step; the prior π has one value per bin and does not depend on the
    window. The expectation (soft-argmax) always lies between 0.5 and 2.5 s, so no clamp is needed, which would set
    gradients to 0.

    Parameters
    ----------
    width
        Channels of the features.
    n_bins
        Time steps of the features; each is a latency bin.
    temperature
        τ; values below 1 sharpen the distribution, values above 1 flatten it.

    Attributes
    ----------
    latency_s
        Latency of each bin in seconds after the stimulus, ``(n_bins,)``.

    Shape
    -----
    - Input: ``(batch, width, n_bins)``
    - Output: ``(batch, n_bins)``, logits divided by the temperature
    """

    latency_s: torch.Tensor

    def __init__(self, width: int, n_bins: int, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = temperature
        self.score = nn.Conv1d(width, 1, 1, bias=False)
        self.prior = nn.Parameter(torch.zeros(n_bins))
        self.register_buffer("latency_s", torch.linspace(FIRST_S, LAST_S, n_bins))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits of the bins."""
        out: torch.Tensor = (self.score(x).squeeze(1) + self.prior) / self.temperature  # (batch, n_bins)
        return out

    def expectation(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the mean latency of the distribution given by logits: ``(batch, 1)``, seconds after the stimulus."""
        return (logits.softmax(dim=-1) * self.latency_s).sum(dim=-1, keepdim=True)

    @torch.no_grad()
    def init_output_bias(self, mean: float) -> None:
        """Set the prior to the distribution of maximum entropy with a given mean: an exponential in the latency.

        Parameters
        ----------
        mean
            Mean latency in seconds; a value outside the window is replaced by the nearest end of the window.
        """
        low, high = -_STEEPEST, _STEEPEST
        for _ in range(_HALVINGS):
            slope = (low + high) / 2
            below = self.expectation(slope * self.latency_s).item() < mean
            low, high = (slope, high) if below else (low, slope)
        self.prior.copy_(slope * self.latency_s * self.temperature)


class LatencyNet(nn.Module):
    """Base class of the nets that predict a latency: features over time and a `LatencyHead`.

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
        """Return features over time: ``(batch, width, n_bins)``."""
        raise NotImplementedError

    def latency_logits(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits of the latency bins: ``(batch, n_bins)``, divided by the temperature."""
        out: torch.Tensor = self.head(self.features(x))  # (batch, n_bins)
        return out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        return self.head.expectation(self.latency_logits(x))  # (batch, 1)

    def init_output_bias(self, mean: float) -> None:
        """Initialise the prior, so that an untrained net predicts about the mean of the targets, in seconds."""
        self.head.init_output_bias(mean)
