"""A straight line through a net's predictions."""

import torch
from torch import nn


class Calibrate(nn.Module):
    """Scale and move what a net predictions: ``slope · prediction + intercept``.

    Parameters
    ----------
    net
        Whose predictions are taken.
    slope
        Without unit.
    intercept
        In the unit of the target.

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
        """Answer one value a window."""
        out: torch.Tensor = self.slope * self.net(x) + self.intercept  # (batch, 1)
        return out

    def extra_repr(self) -> str:
        """Show the line."""
        return f"slope={self.slope:g}, intercept={self.intercept:g}"
