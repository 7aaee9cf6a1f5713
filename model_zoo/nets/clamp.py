"""Bounds for a net's predictions, for targets with a known range."""

import torch
from torch import nn


class Clamp(nn.Module):
    """Clamp a net's predictions to a range.

    Parameters
    ----------
    net
        The net that is wrapped.
    low, high
        Bounds of the range, in the unit of the target.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target

    Raises
    ------
    ValueError
        If `low` is not below `high`.
    """

    def __init__(self, net: nn.Module, low: float, high: float) -> None:
        super().__init__()
        if not low < high:
            raise ValueError(f"low={low:g} is not below high={high:g}")
        self.net = net
        self.low, self.high = low, high

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        out: torch.Tensor = self.net(x).clamp(self.low, self.high)  # (batch, 1)
        return out

    def extra_repr(self) -> str:
        """Show the bounds."""
        return f"low={self.low:g}, high={self.high:g}"
