"""Ridge regression on spectral features, with a closed-form solution."""

import torch
from torch import nn

from .spectral_features import SpectralFeatures


class SpectralRidge(nn.Module):
    r"""Ridge regression on spectral features, shrunk towards the mean of the training targets.

    .. math:: \hat y = \bar y + s \, w^\top (\phi(x) - \bar\phi)

    All coefficients are buffers; no parameter is trained by gradient. ``model_zoo.training.closed_form`` computes
    `features` of the training windows, solves for the weights w, selects the penalty and the factor s by
    cross-validation over subjects, and calls `set_solution`.

    Parameters
    ----------
    n_chans, n_times, sfreq
        Channels, samples per window and sampling frequency in Hz, as in braindecode.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target

    References
    ----------
    Hoerl & Kennard (1970), Ridge regression: Biased estimation for nonorthogonal problems.
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
        """Predict the target of each window."""
        x = self.features(x)  # (batch, 1177)
        beyond = ((x - self.centre) * self.weight).sum(dim=-1, keepdim=True)  # (batch, 1)
        return self.mean + self.factor * beyond  # (batch, 1)

    def set_solution(self, centre: torch.Tensor, weight: torch.Tensor, factor: float, mean: float) -> None:
        """Set the coefficients.

        Parameters
        ----------
        centre, weight
            Mean and weight of each feature, ``(n_features,)``.
        factor
            Shrinkage factor s, between 0 and 1.
        mean
            Mean of the training targets, in their unit.
        """
        self.centre.copy_(centre)
        self.weight.copy_(weight)
        self.factor.fill_(factor)
        self.mean.fill_(mean)
