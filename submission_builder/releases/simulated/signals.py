r"""The generative model of a recording, and its signals.

In µV, for the 128 channels other than the reference,

.. math::
    X = g\,\Bigl(B + \alpha_s A + \sum_\text{trials} 20\,\mathrm{ramp}\,f_e(t)
        + 6\,\mathrm{motor}_h\,b_r(t)\Bigr)

where the sum is over the trials with a button press. :math:`B` is Gaussian of covariance C1 ⊗ T1 (spectrum 1/f), and
:math:`A` is Gaussian of covariance C2 ⊗ T2 (a narrow band around 10 Hz). :math:`f_e` is a ramp that rises from the
stimulus to its peak at :math:`e = \text{response time} + \text{jitter}` and falls to zero within 0.1 s. :math:`b_r` is
a Gaussian bump at the response. Times are relative to the sample of the stimulus.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq
from scipy.stats import truncnorm

from submission_builder.protocol.challenges import N_CHANS, SFREQ
from submission_builder.releases.simulated.leadfield import head

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import ArrayLike, NDArray

    from submission_builder.releases.simulated.timeline import Timeline

    Spectrum = Callable[[NDArray[np.float64]], NDArray[np.float64]]

RAMP_UV, MOTOR_UV = 20.0, 6.0
"""Peaks at the strongest channel, in µV, without the subject's gain."""

JITTER_S, JITTER_LIMIT_S = 0.1, 0.4
"""Standard deviation and limit of the jitter of the ramp's peak around the response, in s."""

FALL_S, EARLIEST_PEAK_S = 0.1, 0.02
"""Duration of the ramp's fall, and its earliest peak after the stimulus, in s."""

MOTOR_S = 0.08
"""Standard deviation of the motor bump, in s."""

ALPHA_HZ, ALPHA_WIDTH_HZ = 10.0, 1.0
"""Centre and standard deviation of alpha's power spectrum, in Hz."""

ALPHA_UV, ALPHA_SLOPE = 12.0, 0.5
"""Alpha at the strongest channel is ``ALPHA_UV * exp(ALPHA_SLOPE * score)``, in µV rms without the gain."""

_KNEE_HZ = 0.4  # the background tapers off below this frequency
_MARGIN = 4 * SFREQ  # samples that are discarded, because a draw by FFT is periodic
_LONG = 2**16  # samples for the computation of autocovariances


@dataclass(frozen=True)
class Nuisance:
    """Subject parameters that are not targets: the overall gain, and the strength of alpha in µV rms without it."""

    gain: float
    alpha_uv: float


def alpha_uv(score: ArrayLike) -> NDArray[np.float64]:
    """Compute the strength of alpha in µV rms at the strongest channel from the subject's alpha score."""
    return ALPHA_UV * np.exp(ALPHA_SLOPE * np.asarray(score, np.float64))


def background_spectrum(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power spectrum of the background: 1/f from 0.5 Hz on, tapering off below, and zero at 0 Hz."""
    f = np.maximum(frequency_hz, 1e-6)
    power: NDArray[np.float64] = -np.expm1(-((f / _KNEE_HZ) ** 4)) / f
    return power


def alpha_spectrum(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power spectrum of alpha: Gaussian around 10 Hz."""
    return np.exp(-0.5 * ((frequency_hz - ALPHA_HZ) / ALPHA_WIDTH_HZ) ** 2)


@functools.cache
def autocovariance(spectrum: Spectrum, n_lags: int) -> NDArray[np.float64]:
    """Compute the autocovariance of unit-variance noise with a power spectrum, at lags of 0, 1, … samples."""
    return irfft(_gain(spectrum, _LONG) ** 2, _LONG)[:n_lags]


def noise(rng: Generator, spectrum: Spectrum, n_series: int, n_samples: int) -> NDArray[np.float64]:
    """Draw independent unit-variance series ``(n_series, n_samples)`` with a power spectrum."""
    n = next_fast_len(n_samples + _MARGIN, real=True)
    white = rng.standard_normal((n_series, n))
    return irfft(rfft(white) * _gain(spectrum, n), n)[:, :n_samples]


def ramp(t_s: NDArray[np.float64], peak_s: ArrayLike) -> NDArray[np.float64]:
    """Compute ramps that rise from 0 at the stimulus to 1 at `peak_s` and then fall to 0.

    Shape
    -----
    t_s: ``(n_times,)``. peak_s: ``(n,)``. Output: ``(n, n_times)``.
    """
    e = np.asarray(peak_s, np.float64)[:, None]
    return np.clip(np.minimum(t_s / e, 1 + (e - t_s) / FALL_S), 0, None)


def motor(t_s: NDArray[np.float64], response_s: ArrayLike) -> NDArray[np.float64]:
    """Compute Gaussian bumps of height 1 at the response; the shapes are those of :func:`ramp`."""
    return np.exp(-0.5 * ((t_s - np.asarray(response_s, np.float64)[:, None]) / MOTOR_S) ** 2)


def draw_peaks(rng: Generator, response_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw the times of the ramps' peaks, in s from the stimulus."""
    limit = JITTER_LIMIT_S / JITTER_S
    jitter = JITTER_S * truncnorm.rvs(-limit, limit, size=len(response_s), random_state=rng)
    return np.maximum(response_s + jitter, EARLIEST_PEAK_S)


def draw_signal(rng: Generator, timeline: Timeline, nuisance: Nuisance) -> NDArray[np.float64]:
    """Draw a recording ``(129, n_samples)`` in µV; its last row, the reference, is zero."""
    brain, n_samples = head(), timeline.n_samples
    signal = brain.background_root @ noise(rng, background_spectrum, N_CHANS - 1, n_samples)
    signal += nuisance.alpha_uv * brain.alpha @ noise(rng, alpha_spectrum, brain.alpha.shape[1], n_samples)
    _add_trials(signal, timeline, draw_peaks(rng, timeline.response_s))
    return np.vstack([nuisance.gain * signal, np.zeros(n_samples)])


def _add_trials(signal: NDArray[np.float64], timeline: Timeline, peak_s: NDArray[np.float64]) -> None:
    """Add ramp and motor bump of each trial with a button press, over 3 s from the stimulus on."""
    brain, t_s = head(), np.arange(3 * SFREQ) / SFREQ
    rises, bumps = ramp(t_s, peak_s), motor(t_s, timeline.response_s)
    for start, hand, rise, bump in zip(timeline.anchor, timeline.hand, rises, bumps, strict=True):
        trace = RAMP_UV * np.outer(brain.ramp, rise) + MOTOR_UV * np.outer(brain.motor[hand], bump)
        signal[:, start : start + len(t_s)] += trace


def _gain(spectrum: Spectrum, n: int) -> NDArray[np.float64]:
    """Return the amplitude response that filters white noise to unit-variance noise with the spectrum."""
    power = spectrum(rfftfreq(n, 1 / SFREQ))
    two_sided = 2 * power.sum() - power[0] - (power[-1] if n % 2 == 0 else 0)
    return np.asarray(np.sqrt(power * n / two_sided))
