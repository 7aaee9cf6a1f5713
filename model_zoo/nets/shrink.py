"""Predictions drawn towards the mean of the training targets."""

import torch
from torch import nn


class Shrink(nn.Module):
    """Keep a share of what a net says beyond the mean: ``mean + factor · (prediction - mean)``.

    Where a net explains little of the target, this lowers its squared error.

    Parameters
    ----------
    net
        Whose predictions are taken.
    factor
        Share that is kept: 0 predictions the mean, 1 leaves the net as it is.
    mean
        Of the training targets, in their unit.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target

    Raises
    ------
    ValueError
        If `factor` is not between 0 and 1.
    """

    def __init__(self, net: nn.Module, factor: float, mean: float) -> None:
        super().__init__()
        if not 0 <= factor <= 1:
            raise ValueError(f"factor={factor:g} is not between 0 and 1")
        self.net = net
        self.factor, self.mean = factor, mean

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer one value a window."""
        out: torch.Tensor = self.mean + self.factor * (self.net(x) - self.mean)  # (batch, 1)
        return out

    def extra_repr(self) -> str:
        """Show the share and the mean."""
        return f"factor={self.factor:g}, mean={self.mean:g}"
