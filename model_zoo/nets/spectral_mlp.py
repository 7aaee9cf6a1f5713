"""A multilayer perceptron on spectral features."""

import torch
from torch import nn

from .head import head
from .spectral_features import SpectralFeatures


class SpectralMLP(nn.Module):
    """Spectral features, batch normalisation, dropout and one hidden layer.

    A plain perceptron without a publication.

    Parameters
    ----------
    n_chans, n_times, n_outputs, sfreq
        Channels, samples per window, outputs and sampling frequency in Hz, as in braindecode.
    hidden
        Units of the hidden layer.
    drop_prob
        Dropout probability of the features and of the hidden layer.

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
        """Predict the target of each window."""
        x = self.features(x)  # (batch, 1177)
        x = self.norm(x)  # (batch, 1177)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
