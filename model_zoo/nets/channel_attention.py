"""Channel attention: one gate per channel, from the channel's mean and maximum over the window."""

import torch
from torch import nn


class ChannelAttention(nn.Module):
    r"""Multiply each channel by a gate between 0 and 1 (2,064 parameters for 129 channels and reduction 16).

    .. math:: x \cdot \sigma\left(f(\operatorname{mean}_t x) + f(\max_t x)\right)

    where `f` is a two-layer perceptron without biases. On standardised windows, the mean over time is 0, so the gate
    depends on the maximum only.

    Parameters
    ----------
    n_chans
        Input and output channels.
    reduction
        The hidden layer of the perceptron has ``n_chans // reduction`` units.

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
        """Multiply each channel by its gate."""
        gate = self.perceptron(x.mean(dim=-1)) + self.perceptron(x.amax(dim=-1))  # (batch, n_chans)
        out: torch.Tensor = x * gate.sigmoid()[..., None]  # (batch, n_chans, n_times)
        return out
