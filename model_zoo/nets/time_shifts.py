"""A window asked several times, a little earlier and a little later."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional


class TimeShifts(nn.Module):
    """Answer the mean of what a net predictions to shifted copies of a window.

    The polarity is left alone: a flipped EEG is another one. Samples that are shifted out are lost; at the
    other end the edge sample is repeated, which adds no jump, as zeros would where a channel has an offset. A net that
    predictions *when* moves its prediction with the window, so the shifts have to sum to 0: then the delays cancel.

    Parameters
    ----------
    net
        Whose predictions are taken.
    shifts
        In samples, positive ones delay.
    n_times
        As in braindecode.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target

    Raises
    ------
    ValueError
        If the shifts do not sum to 0 or leave nothing of the window.
    """

    def __init__(self, net: nn.Module, shifts: Sequence[int], n_times: int = 200) -> None:
        super().__init__()
        if sum(shifts):
            raise ValueError(f"the shifts {_listed(shifts)} sum to {sum(shifts)}; they should sum to 0")
        self.reach = max(map(abs, shifts))
        if self.reach >= n_times:
            raise ValueError(f"the shifts {_listed(shifts)} reach beyond a window of n_times={n_times}")
        self.net = net
        self.shifts = tuple(shifts)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer one value a window."""
        padded = functional.pad(x, (self.reach, self.reach), mode="replicate")  # (batch, n_chans, n_times + 2 · reach)
        shifted = [padded.narrow(-1, self.reach - shift, x.shape[-1]) for shift in self.shifts]
        return torch.stack([self.net(window) for window in shifted]).mean(dim=0)  # (batch, 1)

    def extra_repr(self) -> str:
        """Show the shifts."""
        return f"shifts={self.shifts}"


def _listed(shifts: Sequence[int]) -> str:
    return ",".join(map(str, shifts))
