"""A small network on spectra and correlations."""

import torch
from torch import nn

from .head import head
from .spectral_features import SpectralFeatures


class SpectralMLP(nn.Module):
    """Normalise the features over the batch, and one hidden layer.

    Parameters
    ----------
    n_chans, n_times, n_outputs, sfreq
        As in braindecode; `sfreq` in Hz.
    hidden
        Units of the hidden layer.
    drop_prob
        Dropout of the features and of the hidden layer.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        sfreq: float = 100.0,
        hidden: int = 64,
        drop_prob: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = SpectralFeatures(n_chans, n_times, sfreq)
        n_features = self.features.n_features
        self.norm = nn.Sequential(nn.BatchNorm1d(n_features), nn.Dropout(drop_prob))
        self.head = head((n_features, hidden, n_outputs), (drop_prob,))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer one value a window."""
        x = self.features(x)  # (batch, 1177)
        x = self.norm(x)  # (batch, 1177)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
