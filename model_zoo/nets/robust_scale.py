"""Input scaling that a few wild samples do not move."""

import torch
from torch import nn

from .window_shape import require_shape

_MAD_OF_A_NORMAL = 0.67449
"""Median absolute deviation of a normal distribution, in standard deviations."""


class RobustScale(nn.Module):
    """Take windows of one shape; give each channel of each window median 0 and the spread of 1, outliers clipped.

    As `Standardise`, but a burst of muscle or a loose electrode's jump, which would press the rest of its
    channel flat, is cut off instead. The spread is the median absolute deviation, scaled so that a normal
    distribution gets standard deviation 1. A flat channel, such as the reference Cz, becomes 0.

    Parameters
    ----------
    n_chans, n_times
        The shape of a window.
    limit
        Where values are clipped, in spreads.
    eps
        Added to the spread, in volts. Scalp EEG spreads by about 1e-5 V.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_chans, n_times)``, no unit

    Raises
    ------
    ValueError
        In `forward`, if the windows have another shape.
    """

    def __init__(self, n_chans: int = 129, n_times: int = 200, limit: float = 6.0, eps: float = 1e-9) -> None:
        super().__init__()
        self.n_chans, self.n_times = n_chans, n_times
        self.limit, self.eps = limit, eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scale over time."""
        require_shape(x, self.n_chans, self.n_times)
        x = x - x.median(dim=-1, keepdim=True).values
        spread = x.abs().median(dim=-1, keepdim=True).values / _MAD_OF_A_NORMAL
        return (x / (spread + self.eps)).clamp(-self.limit, self.limit)

    def extra_repr(self) -> str:
        """Show the shape and the constants."""
        return f"n_chans={self.n_chans}, n_times={self.n_times}, limit={self.limit:g}, eps={self.eps:g}"
