"""Spectral features of a window: relative band power of each channel, and correlations between channels."""

import torch
from torch import nn

from .standardise import Standardise

BANDS_HZ = ((0.5, 4.0), (4.0, 8.0), (8.0, 13.0), (13.0, 30.0), (30.0, 50.0))
"""Delta, theta, alpha, beta and gamma; each band includes its lower and excludes its upper frequency."""

SITES = (22, 9, 33, 24, 11, 124, 122, 45, 36, 104, 108, 58, 52, 62, 92, 96, 70, 75, 83)
"""Numbers of the HydroCel electrodes nearest to Fp1 Fp2 F7 F3 Fz F4 F8 T7 C3 C4 T8 P7 P3 Pz P4 P8 O1 Oz O2."""


class SpectralFeatures(nn.Module):
    """Relative power of each channel in each band, and correlations between 19 sites at lag 0 and at a later lag.

    The relative power is log(band / all bands), from sums over a Hann periodogram. Correlations are between every two
    sites at lag 0, and between every ordered pair of sites, including a site with itself, at `lag`. The features do
    not depend on the amplifier's gain. All features of a flat channel are 0.

    Parameters
    ----------
    n_chans, n_times, sfreq
        Channels, samples per window and sampling frequency in Hz, as in braindecode.
    lag
        Lag of the second set of correlations, in samples.
    eps
        Added to each power; the powers of a channel that is not flat sum to about `n_times`.

    Attributes
    ----------
    n_features
        Number of features per window: 1,177 with the defaults.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_features)``, without a unit
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
        """Return the features of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        return torch.cat([self._relative_powers(x), self._correlations(x[:, self.sites])], dim=1)  # (batch, 1177)

    def _relative_powers(self, x: torch.Tensor) -> torch.Tensor:
        power = torch.fft.rfft(x * self.hann).abs().square() / x.shape[-1]  # (batch, n_chans, n_frequencies)
        band = power @ self.bands.T  # (batch, n_chans, n_bands)
        relative = (band + self.eps) / (band.sum(dim=-1, keepdim=True) + self.eps)  # (batch, n_chans, n_bands)
        out: torch.Tensor = relative.log().flatten(1)  # (batch, n_chans · n_bands)
        return out

    def _correlations(self, x: torch.Tensor) -> torch.Tensor:
        n_sites, n_times = x.shape[1:]
        upper = torch.triu_indices(n_sites, n_sites, 1)
        at_once = x @ x.transpose(1, 2) / n_times  # (batch, n_sites, n_sites)
        later = x[..., self.lag :] @ x[..., : -self.lag].transpose(1, 2) / n_times  # (batch, n_sites, n_sites)
        return torch.cat([at_once[:, upper[0], upper[1]], later.flatten(1)], dim=1)  # (batch, n_correlations)
