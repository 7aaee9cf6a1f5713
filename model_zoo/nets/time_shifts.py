"""Test-time augmentation: the mean prediction for time-shifted copies of a window."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional


class TimeShifts(nn.Module):
    """Predict the mean of a net's predictions for shifted copies of each window.

    A shift moves samples out of the window at one end and repeats the edge sample at the other. Repetition adds no jump
    to a channel with an offset, as zeros would. A predicted latency moves with the window, so the shifts must sum to 0;
    then the delays cancel.

    Parameters
    ----------
    net
        The net that is wrapped.
    shifts
        Shifts in samples; a positive shift delays the window.
    n_times
        Samples per window, as in braindecode.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target

    Raises
    ------
    ValueError
        If the shifts do not sum to 0, or one is as long as the window.
    """

    def __init__(self, net: nn.Module, shifts: Sequence[int], n_times: int = 200) -> None:
        super().__init__()
        if sum(shifts):
            raise ValueError(f"the shifts {_listed(shifts)} sum to {sum(shifts)}; they should sum to 0")
        self.longest = max(map(abs, shifts))
        if self.longest >= n_times:
            raise ValueError(f"the shifts {_listed(shifts)} reach beyond a window of n_times={n_times}")
        self.net = net
        self.shifts = tuple(shifts)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        padded = functional.pad(
            x, (self.longest, self.longest), mode="replicate"
        )  # (batch, n_chans, n_times + 2 · longest)
        shifted = [padded.narrow(-1, self.longest - shift, x.shape[-1]) for shift in self.shifts]
        return torch.stack([self.net(window) for window in shifted]).mean(dim=0)  # (batch, 1)

    def extra_repr(self) -> str:
        """Show the shifts."""
        return f"shifts={self.shifts}"


def _listed(shifts: Sequence[int]) -> str:
    return ",".join(map(str, shifts))
