"""Input standardisation: the first layer of almost every net of the zoo."""

import math

import torch
from torch import nn

from .window_shape import require_shape


class Standardise(nn.Module):
    """Scale each channel of each window to mean 0 and standard deviation 1 (no parameters).

    The server's windows are raw volts. A net that was trained on standardised windows predicts a constant for raw
    volts, so the standardisation is a layer of the net. A flat channel, such as the reference Cz, becomes 0.

    The layer also raises an error for windows of another shape, which many nets would accept.

    Parameters
    ----------
    n_chans, n_times
        Channels and samples per window.
    eps
        Added to the standard deviation, in volts. The standard deviation of scalp EEG is about 1e-5 V.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_chans, n_times)``, without a unit

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
        """Standardise each channel over time."""
        require_shape(x, self.n_chans, self.n_times)
        x = x - x.mean(dim=-1, keepdim=True)  # (batch, n_chans, n_times)
        norm: torch.Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True)  # five times as fast as torch.std
        return x / (norm / math.sqrt(self.n_times) + self.eps)  # (batch, n_chans, n_times)

    def extra_repr(self) -> str:
        """Show the shape and eps."""
        return f"n_chans={self.n_chans}, n_times={self.n_times}, eps={self.eps:g}"
