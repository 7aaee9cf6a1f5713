"""A constant prediction: the baseline for every net.

Two of the five best submissions of 2025 predict a constant in challenge 2.
"""

import torch
from torch import nn


class Constant(nn.Module):
    """Predict the same value for every window.

    Parameters
    ----------
    value
        Prediction, in the unit of the target.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target
    """

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the value, on the device and with the dtype of the input."""
        return x.new_full((len(x), 1), self.value)

    def extra_repr(self) -> str:
        """Show the value."""
        return f"value={self.value:g}"
