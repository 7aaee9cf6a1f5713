"""A linear calibration of a net's predictions."""

import torch
from torch import nn


class Calibrate(nn.Module):
    """Apply an affine function to a net's predictions: ``slope · prediction + intercept``.

    Parameters
    ----------
    net
        The net that is wrapped.
    slope
        Factor, without a unit.
    intercept
        Offset, in the unit of the target.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target
    """

    def __init__(self, net: nn.Module, slope: float, intercept: float) -> None:
        super().__init__()
        self.net = net
        self.slope, self.intercept = slope, intercept

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        out: torch.Tensor = self.slope * self.net(x) + self.intercept  # (batch, 1)
        return out

    def extra_repr(self) -> str:
        """Show slope and intercept."""
        return f"slope={self.slope:g}, intercept={self.intercept:g}"
