"""A selection of channels; the others are set to 0 V."""

from collections.abc import Sequence

import torch
from torch import nn


class ChannelSelection(nn.Module):
    """Keep the selected channels and set the others to 0 V, before a net receives the windows.

    The number of channels stays the same, because a net accepts one number of channels only. A flat channel is 0 after
    the standardisation too, as the reference Cz always is, so it carries no information.

    Parameters
    ----------
    net
        The net that is wrapped.
    channels
        Indices of the selected channels, from 0: E1 is 0, E128 is 127, Cz is 128.
    n_chans
        Channels, as in braindecode.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target

    Raises
    ------
    ValueError
        If an index occurs twice or is out of range.
    """

    selected: torch.Tensor

    def __init__(self, net: nn.Module, channels: Sequence[int], n_chans: int = 129) -> None:
        super().__init__()
        if len(set(channels)) < len(channels):
            raise ValueError("a channel is selected twice")
        if min(channels) < 0 or max(channels) >= n_chans:
            raise ValueError(f"channels {min(channels)} to {max(channels)} are not all between 0 and {n_chans - 1}")
        self.net = net
        selected = torch.zeros(n_chans, 1, dtype=torch.bool)
        selected[list(channels)] = True
        self.register_buffer("selected", selected, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        out: torch.Tensor = self.net(torch.where(self.selected, x, 0.0))  # (batch, 1)
        return out

    def extra_repr(self) -> str:
        """Show how many channels are selected."""
        return f"{int(self.selected.sum())} of {len(self.selected)} channels"
