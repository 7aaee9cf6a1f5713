r"""The ideal observer of challenge 1: the posterior mean of the response time given one window.

No prediction from a single window has a smaller expected squared error, because the observer uses the densities of the
generator: the marginal distribution of response times, the jitter of the ramp, a press of either hand (1/2 each), and
Gaussian noise. The observer also knows the subject's gain and alpha strength, which a net has to estimate. Its nrmse is
therefore a lower bound for nets. The bound holds for single windows: a model that keeps state between windows can
estimate the subject's pace and score better.

The noise of a window has the covariance :math:`g^2 (C_1 \otimes T_1 + \alpha^2 C_2 \otimes T_2)`. Let W be the
generalised eigenvectors of (C2, C1), with :math:`W^T C_1 W = I` and :math:`W^T C_2 W = \mathrm{diag}(\mu)`, and V
those of (T2, T1), with eigenvalues λ. The coordinates :math:`W^T X V / g` of a window X are independent and have the
variances :math:`1 + \alpha^2 \mu_k \lambda_l`. The integral over the unknowns is a sum over a grid of response times
(10 ms) and jitters (20 ms).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import eigh, toeplitz
from scipy.special import softmax

from submission_builder.protocol.challenges import N_TIMES, PROFILES, SFREQ
from submission_builder.releases.simulated import signals
from submission_builder.releases.simulated.labels import RESPONSE_QUANTILES_S, response_mass
from submission_builder.releases.simulated.leadfield import head

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP_S, JITTER_STEP_S = 0.01, 0.02
"""Step of the grid in response time and in jitter, in s."""


def _grid(stop_s: float, step_s: float, start_s: float = 0.0) -> NDArray[np.float64]:
    return start_s + step_s * np.arange(0.0, round((stop_s - start_s) / step_s) + 1)


_RESPONSE_S = _grid(RESPONSE_QUANTILES_S[-1], STEP_S)
_JITTER_S = _grid(signals.JITTER_LIMIT_S, JITTER_STEP_S, -signals.JITTER_LIMIT_S)
_PEAK_S = _grid(_RESPONSE_S[-1] + _JITTER_S[-1], STEP_S, signals.EARLIEST_PEAK_S)
_PEAK_OF = np.maximum(np.round((_RESPONSE_S[:, None] + _JITTER_S - _PEAK_S[0]) / STEP_S).astype(int), 0)


@dataclass(frozen=True, eq=False)
class Space:
    """Spatial coordinates in which the noise is independent.

    Shape
    -----
    unmix: ``(128, 128)``. mu, ramp: ``(128,)``. motor: ``(2, 128)``.
    """

    unmix: NDArray[np.float64]
    """W: its columns map channels (µV, divided by the gain) to coordinates."""
    mu: NDArray[np.float64]
    """Variance of alpha in each coordinate at a strength of 1 µV; zero in all but six."""
    ramp: NDArray[np.float64]
    """Peak of the ramp in each coordinate."""
    motor: NDArray[np.float64]
    """Peak of the motor bump of either hand."""


@dataclass(frozen=True, eq=False)
class Time:
    """Temporal coordinates in which the noise is independent.

    Shape
    -----
    unmix: ``(200, 200)``. lam: ``(200,)``. ramp: ``(n_peaks, 200)``. motor: ``(251, 200)``.
    """

    unmix: NDArray[np.float64]
    """V: its columns map samples to coordinates."""
    lam: NDArray[np.float64]
    """Variance of alpha in each coordinate; that of the background is 1."""
    ramp: NDArray[np.float64]
    """Ramps, by time of the peak on the grid."""
    motor: NDArray[np.float64]
    """Motor bumps, by response time on the grid."""


@functools.cache
def space() -> Space:
    """Solve the spatial eigenproblem once per process."""
    brain = head()
    mu, unmix = eigh(brain.alpha @ brain.alpha.T, brain.background)
    mu[: -brain.alpha.shape[1]] = 0.0
    return Space(unmix, mu, signals.RAMP_UV * brain.ramp @ unmix, signals.MOTOR_UV * brain.motor @ unmix)


@functools.cache
def time() -> Time:
    """Solve the temporal eigenproblem once per process."""
    t_s = (PROFILES["final"].challenges[1].onset_samples + np.arange(N_TIMES)) / SFREQ
    background, alpha = (
        toeplitz(signals.autocovariance(spectrum, N_TIMES))
        for spectrum in (signals.background_spectrum, signals.alpha_spectrum)
    )
    lam, unmix = eigh(alpha, background)
    ramp, motor = signals.ramp(t_s, _PEAK_S), signals.motor(t_s, _RESPONSE_S)
    return Time(unmix, np.maximum(lam, 0.0), ramp @ unmix, motor @ unmix)


def posterior(windows: NDArray[np.float64], nuisance: signals.Nuisance) -> NDArray[np.float64]:
    """Compute the probability of each response time on the grid, given each window.

    Parameters
    ----------
    windows
        Windows of challenge 1 (profile ``final``) of one subject, in µV and without the reference.
    nuisance
        The subject's gain and alpha strength.

    Shape
    -----
    windows: ``(n_windows, 128, 200)``. Output: ``(n_windows, 251)``, rows sum to 1.
    """
    fit_ramp, fit_motor, cross = _log_likelihood(windows / nuisance.gain, nuisance.alpha_uv)
    n = len(windows)
    joint = np.empty((n, len(cross), *_PEAK_OF.shape))
    rows = np.arange(len(_RESPONSE_S))[:, None]
    for hand in range(len(cross)):
        joint[:, hand] = fit_ramp[:, _PEAK_OF] + fit_motor[hand][:, :, None] - cross[hand][_PEAK_OF, rows]
    joint += _log_prior()
    flat = softmax(joint.reshape(n, -1), axis=1)
    return np.asarray(flat.reshape(joint.shape).sum(axis=(1, 3)))


def posterior_mean(windows: NDArray[np.float64], nuisance: signals.Nuisance) -> NDArray[np.float64]:
    """Predict response times in s as the ideal observer; the arguments are those of :func:`posterior`."""
    return posterior(windows, nuisance) @ _RESPONSE_S


@functools.cache
def _log_prior() -> NDArray[np.float64]:
    """Return the log probability of response time and jitter up to a constant; both hands have the same."""
    inner = (_RESPONSE_S[1:] + _RESPONSE_S[:-1]) / 2
    mass = response_mass(np.concatenate([_RESPONSE_S[:1], inner, _RESPONSE_S[-1:]]))
    return np.log(mass)[:, None] - 0.5 * (_JITTER_S / signals.JITTER_S) ** 2


def _log_likelihood(
    windows: NDArray[np.float64], alpha_uv: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute the log likelihood in three parts: the ramp, the motor bump by hand, and their overlap by hand.

    Shape
    -----
    windows: ``(n, 128, 200)``, divided by the gain. Output: ``(n, n_peaks)``, ``(2, n, 251)``,
    ``(2, n_peaks, 251)``.
    """
    where, when = space(), time()
    precision = 1 / (1 + alpha_uv**2 * np.outer(where.mu, when.lam))
    data = precision * np.einsum("nct,ck,tl->nkl", windows, where.unmix, when.unmix, optimize=True)
    fit_ramp = _fit(data, where.ramp, when.ramp, precision)
    fit_motor = [_fit(data, topography, when.motor, precision) for topography in where.motor]
    cross = [when.ramp * ((where.ramp * topography) @ precision) @ when.motor.T for topography in where.motor]
    return fit_ramp, np.array(fit_motor), np.array(cross)


def _fit(
    data: NDArray[np.float64],
    topography: NDArray[np.float64],
    shapes: NDArray[np.float64],
    precision: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the output of matched filters minus half the energy of their templates, ``(n, n_shapes)``."""
    energy = shapes**2 @ (topography**2 @ precision)
    return np.asarray((topography @ data) @ shapes.T - 0.5 * energy)
