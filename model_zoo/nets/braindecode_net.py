"""Any net of braindecode, behind our own first layer."""

import warnings

import torch
from braindecode import models
from torch import nn

from .standardise import Standardise


class BraindecodeNet(nn.Module):
    """Standardise the windows and hand them to one of braindecode's nets.

    On raw volts most of these nets prediction a constant, and many of them take windows of another shape without
    a word. Theirs is built with its own defaults. What it warns of when it is built (kernels shortened to fit
    200 samples, nets tried at another sampling rate) holds for every window here and is not repeated.

    Parameters
    ----------
    class_name
        Name in ``braindecode.models``.
    n_chans, n_times, n_outputs, sfreq
        As in braindecode; `sfreq` in Hz.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target
    """

    def __init__(
        self, class_name: str, n_chans: int = 129, n_times: int = 200, n_outputs: int = 1, sfreq: float = 100.0
    ) -> None:
        super().__init__()
        self.standardise = Standardise(n_chans, n_times)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.net = getattr(models, class_name)(n_chans=n_chans, n_times=n_times, n_outputs=n_outputs, sfreq=sfreq)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer one value a window."""
        x = self.standardise(x)  # (batch, 129, 200)
        out: torch.Tensor = self.net(x)  # (batch, 1)
        return out
