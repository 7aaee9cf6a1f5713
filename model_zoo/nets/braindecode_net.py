"""Any net of braindecode, with standardised windows as its input."""

import warnings

import torch
from braindecode import models
from torch import nn

from .standardise import Standardise


class BraindecodeNet(nn.Module):
    """One of braindecode's nets, with its own defaults, after `Standardise`.

    On raw volts, most of these nets predict a constant, and many of them accept windows of another shape without an
    error. `Standardise` prevents both. The warnings that braindecode gives while it builds a net (a kernel shortened
    to 200 samples, an untested sampling frequency) apply to every window of the competition and are suppressed.

    Parameters
    ----------
    class_name
        Name of the class in ``braindecode.models``.
    n_chans, n_times, n_outputs, sfreq
        Channels, samples per window, outputs and sampling frequency in Hz, as in braindecode.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target

    References
    ----------
    ``model_zoo/registry.py`` names the publication of each net.
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
        """Predict the target of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        out: torch.Tensor = self.net(x)  # (batch, 1)
        return out
