"""Squeeze-and-excitation: one gate per channel of the features, from the means over time."""

import torch
from torch import nn


class SqueezeExcite(nn.Module):
    r"""Multiply each channel by a gate between 0 and 1.

    .. math:: x \cdot \sigma\left(W_2 \operatorname{relu}(W_1 \operatorname{mean}_t x)\right)

    `ChannelAttention` also uses the maximum over time and has no biases.

    Parameters
    ----------
    width
        Input and output channels.
    reduction
        The hidden layer has ``width // reduction`` units.

    Shape
    -----
    - Input: ``(batch, width, n_times)``
    - Output: ``(batch, width, n_times)``

    References
    ----------
    Hu et al. (2018), Squeeze-and-excitation networks, eq. 2 to 4.
    """

    def __init__(self, width: int, reduction: int = 4) -> None:
        super().__init__()
        hidden = width // reduction
        self.gate = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply each channel by its gate."""
        out: torch.Tensor = x * self.gate(x.mean(dim=-1))[..., None]  # (batch, width, n_times)
        return out
