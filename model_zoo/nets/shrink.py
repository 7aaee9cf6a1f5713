"""Shrinkage of a net's predictions towards the mean of the training targets."""

import torch
from torch import nn


class Shrink(nn.Module):
    """Shrink a net's predictions towards a mean: ``mean + factor · (prediction - mean)``.

    Shrinkage reduces the squared error of a net that explains little of the target's variance.

    Parameters
    ----------
    net
        The net that is wrapped.
    factor
        Between 0 (predict the mean) and 1 (leave the predictions unchanged).
    mean
        Mean of the training targets, in their unit.

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
        """Predict the target of each window."""
        out: torch.Tensor = self.mean + self.factor * (self.net(x) - self.mean)  # (batch, 1)
        return out

    def extra_repr(self) -> str:
        """Show factor and mean."""
        return f"factor={self.factor:g}, mean={self.mean:g}"
