"""Some of the channels, the others silenced."""

from collections.abc import Sequence

import torch
from torch import nn


class ChannelSelection(nn.Module):
    """Show a net some channels; the others are flat at 0 V.

    A net takes all channels or none, so none is dropped. Flat channels are 0 behind the standardisation too,
    which is the mean of a channel there: to the net they say nothing, as the reference Cz always does.

    Parameters
    ----------
    net
        Whose predictions are taken.
    channels
        Indices of those that are kept, from 0: E1 is 0, E128 is 127, Cz is 128.
    n_chans
        As in braindecode.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target

    Raises
    ------
    ValueError
        If an index is twice there or is of no channel.
    """

    kept: torch.Tensor

    def __init__(self, net: nn.Module, channels: Sequence[int], n_chans: int = 129) -> None:
        super().__init__()
        if len(set(channels)) < len(channels):
            raise ValueError("a channel is selected twice")
        if min(channels) < 0 or max(channels) >= n_chans:
            raise ValueError(f"channels {min(channels)} to {max(channels)} are not all between 0 and {n_chans - 1}")
        self.net = net
        kept = torch.zeros(n_chans, 1, dtype=torch.bool)
        kept[list(channels)] = True
        self.register_buffer("kept", kept, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer one value a window."""
        out: torch.Tensor = self.net(torch.where(self.kept, x, 0.0))  # (batch, 1)
        return out

    def extra_repr(self) -> str:
        """Show how many channels are kept."""
        return f"{int(self.kept.sum())} of {len(self.kept)} channels"
