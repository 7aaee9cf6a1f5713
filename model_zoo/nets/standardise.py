"""Input standardisation: the first layer of every net that we ship."""

import torch
from torch import nn


class Standardise(nn.Module):
    """Give each channel of each window mean 0 and standard deviation 1.

    The server hands out raw volts; a net trained on standardised windows and served volts answers one
    constant. As the first layer of the net, this cannot be forgotten. It has no parameters, so it changes
    no count and no state dict. A flat channel, such as the reference Cz, becomes 0.

    Parameters
    ----------
    eps
        Added to the standard deviation, in volts. Scalp EEG spreads by about 1e-5 V.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_chans, n_times)``, no unit
    """

    def __init__(self, eps: float = 1e-9) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Standardise over time."""
        x = x - x.mean(dim=-1, keepdim=True)
        return x / (x.std(dim=-1, correction=0, keepdim=True) + self.eps)

    def extra_repr(self) -> str:
        """Show the constant."""
        return f"eps={self.eps:g}"
