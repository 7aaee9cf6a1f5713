"""One prediction to everything: the baseline that a net must beat, and two of 2025's best five in challenge 2."""

import torch
from torch import nn


class Constant(nn.Module):
    """Answer the same value to every window.

    Parameters
    ----------
    value
        The prediction, in the unit of the target.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``
    - Output: ``(batch, 1)``
    """

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer, on the device and in the precision of the input."""
        return x.new_full((len(x), 1), self.value)

    def extra_repr(self) -> str:
        """Show the value."""
        return f"value={self.value:g}"
