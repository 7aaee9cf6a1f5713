"""Robust input scaling, by median and median absolute deviation."""

import torch
from torch import nn

from .window_shape import require_shape

_MAD_OF_A_NORMAL = 0.67449
"""Median absolute deviation of a normal distribution, in standard deviations."""


class RobustScale(nn.Module):
    """Scale each channel of each window to median 0 and spread 1, and clip outliers.

    The spread is the median absolute deviation, divided by that of a standard normal distribution. A muscle artefact
    or an electrode jump is clipped; with `Standardise`, it would shrink the rest of its channel to almost 0. A flat
    channel, such as the reference Cz, becomes 0.

    Parameters
    ----------
    n_chans, n_times
        Channels and samples per window.
    limit
        Largest absolute value of the output.
    eps
        Added to the spread, in volts. The standard deviation of scalp EEG is about 1e-5 V.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_chans, n_times)``, without a unit

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
        x = x - x.median(dim=-1, keepdim=True).values  # (batch, n_chans, n_times)
        spread = x.abs().median(dim=-1, keepdim=True).values / _MAD_OF_A_NORMAL  # (batch, n_chans, 1)
        return (x / (spread + self.eps)).clamp(-self.limit, self.limit)  # (batch, n_chans, n_times)

    def extra_repr(self) -> str:
        """Show the shape, the limit and eps."""
        return f"n_chans={self.n_chans}, n_times={self.n_times}, limit={self.limit:g}, eps={self.eps:g}"
