"""What a window's spectrum and its channels' correlations say, as one row of numbers."""

import torch
from torch import nn

from .standardise import Standardise

BANDS_HZ = ((0.5, 4.0), (4.0, 8.0), (8.0, 13.0), (13.0, 30.0), (30.0, 50.0))
"""Delta, theta, alpha, beta and gamma; each from its first frequency up to, and without, its second."""

SITES = (22, 9, 33, 24, 11, 124, 122, 45, 36, 104, 108, 58, 52, 62, 92, 96, 70, 75, 83)
"""E-numbers of the HydroCel net nearest to Fp1 Fp2 F7 F3 Fz F4 F8 T7 C3 C4 T8 P7 P3 Pz P4 P8 O1 Oz O2."""


class SpectralFeatures(nn.Module):
    """Each band's share of each channel's power, and how 19 sites correlate at once and a moment later.

    EnsembleWeights are logarithms, log(band / all bands), of sums over a Hann periodogram. Correlations are between
    every two sites at lag 0, and between every ordered two, a site and itself included, at `lag`. Nothing
    depends on an amplifier's gain. A flat channel has the feature 0 throughout.

    Parameters
    ----------
    n_chans, n_times, sfreq
        As in braindecode; `sfreq` in Hz.
    lag
        In samples.
    eps
        Added to the powers, which sum to about `n_times` in a channel that is not flat.

    Attributes
    ----------
    n_features
        Numbers a window: 1,177.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_features)``
    """

    hann: torch.Tensor
    bands: torch.Tensor

    def __init__(
        self, n_chans: int = 129, n_times: int = 200, sfreq: float = 100.0, lag: int = 5, eps: float = 1e-6
    ) -> None:
        super().__init__()
        self.lag, self.eps = lag, eps
        self.sites = [number - 1 for number in SITES]
        self.standardise = Standardise(n_chans, n_times)
        frequency = torch.fft.rfftfreq(n_times, 1 / sfreq)
        bands = torch.stack([(frequency >= low) & (frequency < high) for low, high in BANDS_HZ])
        self.register_buffer("hann", torch.hann_window(n_times), persistent=False)
        self.register_buffer("bands", bands.float(), persistent=False)  # (n_bands, n_frequencies)
        n_sites = len(SITES)
        self.n_features = n_chans * len(BANDS_HZ) + n_sites * (n_sites - 1) // 2 + n_sites**2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Describe each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        return torch.cat([self._band_shares(x), self._correlations(x[:, self.sites])], dim=1)  # (batch, 1177)

    def _band_shares(self, x: torch.Tensor) -> torch.Tensor:
        power = torch.fft.rfft(x * self.hann).abs().square() / x.shape[-1]  # (batch, n_chans, n_frequencies)
        band = power @ self.bands.T  # (batch, n_chans, n_bands)
        share = (band + self.eps) / (band.sum(dim=-1, keepdim=True) + self.eps)
        out: torch.Tensor = share.log().flatten(1)  # (batch, n_chans · n_bands)
        return out

    def _correlations(self, x: torch.Tensor) -> torch.Tensor:
        n_sites, n_times = x.shape[1:]
        upper = torch.triu_indices(n_sites, n_sites, 1)
        at_once = x @ x.transpose(1, 2) / n_times  # (batch, n_sites, n_sites)
        later = x[..., self.lag :] @ x[..., : -self.lag].transpose(1, 2) / n_times  # (batch, n_sites, n_sites)
        return torch.cat([at_once[:, upper[0], upper[1]], later.flatten(1)], dim=1)
