"""A straight line through spectra and correlations, solved and not trained."""

import torch
from torch import nn

from .spectral_features import SpectralFeatures


class SpectralRidge(nn.Module):
    r"""Ridge regression on spectral features, drawn towards the mean of the training targets.

    .. math:: \hat y = \bar y + s \, w^\top (\phi(x) - \bar\phi)

    All of it stands in buffers: there is nothing to train by gradient. The training room sees `features` and
    `take_fit`, solves for w, and chooses its penalty and the factor s between subjects.

    Parameters
    ----------
    n_chans, n_times, sfreq
        As in braindecode; `sfreq` in Hz.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target
    """

    centre: torch.Tensor
    weight: torch.Tensor
    factor: torch.Tensor
    mean: torch.Tensor

    def __init__(self, n_chans: int = 129, n_times: int = 200, sfreq: float = 100.0) -> None:
        super().__init__()
        self.features = SpectralFeatures(n_chans, n_times, sfreq)
        n_features = self.features.n_features
        self.register_buffer("centre", torch.zeros(n_features))
        self.register_buffer("weight", torch.randn(n_features) / n_features**0.5)
        self.register_buffer("factor", torch.tensor(1.0))
        self.register_buffer("mean", torch.tensor(0.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer one value a window."""
        x = self.features(x)  # (batch, 1177)
        beyond = ((x - self.centre) * self.weight).sum(dim=-1, keepdim=True)  # (batch, 1)
        return self.mean + self.factor * beyond  # (batch, 1)

    def take_fit(self, centre: torch.Tensor, weight: torch.Tensor, factor: float, mean: float) -> None:
        """Take what was solved.

        Parameters
        ----------
        centre, weight
            Mean and weight of each feature, ``(n_features,)``.
        factor
            Share of the prediction beyond the mean that is kept.
        mean
            Of the training targets, in their unit.
        """
        self.centre.copy_(centre)
        self.weight.copy_(weight)
        self.factor.fill_(factor)
        self.mean.fill_(mean)
