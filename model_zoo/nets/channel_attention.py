"""A gate for each channel, from what the channel does over the whole window."""

import torch
from torch import nn


class ChannelAttention(nn.Module):
    r"""Weigh each channel by a number between 0 and 1 (2,064 parameters at 129 channels, reduction 16).

    .. math:: x \cdot \sigma\left(f(\operatorname{mean}_t x) + f(\max_t x)\right)

    with one bias-free two-layer perceptron `f` for both. On standardised windows the mean over time is 0, and
    the maximum alone tells the channels apart.

    Parameters
    ----------
    n_chans
        Channels in and out.
    reduction
        The hidden layer has ``n_chans // reduction`` units.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``
    - Output: ``(batch, n_chans, n_times)``

    References
    ----------
    Woo et al. (2018), CBAM: Convolutional block attention module, eq. 2.
    """

    def __init__(self, n_chans: int = 129, reduction: int = 16) -> None:
        super().__init__()
        hidden = n_chans // reduction
        self.perceptron = nn.Sequential(
            nn.Linear(n_chans, hidden, bias=False),
            nn.ReLU(),
            nn.Linear(hidden, n_chans, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weigh the channels."""
        gate = self.perceptron(x.mean(dim=-1)) + self.perceptron(x.amax(dim=-1))  # (batch, n_chans)
        out: torch.Tensor = x * gate.sigmoid()[..., None]  # (batch, n_chans, n_times)
        return out
