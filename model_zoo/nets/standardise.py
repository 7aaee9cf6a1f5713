"""Input standardisation: the first layer of almost every net here."""

import math

import torch
from torch import nn

from .window_shape import require_shape


class Standardise(nn.Module):
    """Take windows of one shape; give each channel of each window mean 0 and standard deviation 1.

    The server hands out raw volts; a net trained on standardised windows and served volts predictions one
    constant. As the first layer of the net, this cannot be forgotten. It has no parameters, so it changes
    no count and no state dict. A flat channel, such as the reference Cz, becomes 0.

    Many nets would prediction windows of another length, or of too many channels, without a word; as their first
    layer this one refuses them.

    Parameters
    ----------
    n_chans, n_times
        The shape of a window.
    eps
        Added to the standard deviation, in volts. Scalp EEG spreads by about 1e-5 V.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_chans, n_times)``, no unit

    Raises
    ------
    ValueError
        In `forward`, if the windows have another shape.
    """

    def __init__(self, n_chans: int = 129, n_times: int = 200, eps: float = 1e-9) -> None:
        super().__init__()
        self.n_chans, self.n_times = n_chans, n_times
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Standardise over time."""
        require_shape(x, self.n_chans, self.n_times)
        x = x - x.mean(dim=-1, keepdim=True)
        norm: torch.Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True)  # torch.std takes five times as long
        return x / (norm / math.sqrt(self.n_times) + self.eps)

    def extra_repr(self) -> str:
        """Show the shape and the constant."""
        return f"n_chans={self.n_chans}, n_times={self.n_times}, eps={self.eps:g}"
