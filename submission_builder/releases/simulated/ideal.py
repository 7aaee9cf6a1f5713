r"""The ideal observer of challenge 1: the posterior mean of the response time given one window.

No prediction that sees a single window has a smaller expected squared error, if the densities are those of the
generator. They are: the marginal distribution of response times, the jitter of the ramp, a press of either
hand (1/2 each), and Gaussian noise. The subject's gain and alpha strength are given to the observer (a net
has to estimate them), so its nrmse is a bound and not a promise. It is a bound for single windows: a model
that carries a subject's earlier windows along knows that subject's pace and may pass it.

Noise of a window has the covariance :math:`g^2 (C_1 \otimes T_1 + \alpha^2 C_2 \otimes T_2)`. The generalised
eigenvectors W of (C2, C1), with :math:`W^T C_1 W = I` and :math:`W^T C_2 W = \mathrm{diag}(\mu)`, and V of
(T2, T1), with eigenvalues λ, turn a window X into coordinates :math:`W^T X V / g` that are independent, with
the variances :math:`1 + \alpha^2 \mu_k \lambda_l`. The integral over the unknowns is a sum over response times
10 ms apart and jitters 20 ms apart.
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
"""Distance of the grid's response times and of its jitters."""


def _grid(stop_s: float, step_s: float, start_s: float = 0.0) -> NDArray[np.float64]:
    return start_s + step_s * np.arange(0.0, round((stop_s - start_s) / step_s) + 1)


_RESPONSE_S = _grid(RESPONSE_QUANTILES_S[-1], STEP_S)
_JITTER_S = _grid(signals.JITTER_LIMIT_S, JITTER_STEP_S, -signals.JITTER_LIMIT_S)
_PEAK_S = _grid(_RESPONSE_S[-1] + _JITTER_S[-1], STEP_S, signals.EARLIEST_PEAK_S)
_PEAK_OF = np.maximum(np.round((_RESPONSE_S[:, None] + _JITTER_S - _PEAK_S[0]) / STEP_S).astype(int), 0)


@dataclass(frozen=True, eq=False)
class Space:
    """Channels of a window in coordinates whose noise is independent.

    Attributes
    ----------
    unmix
        W: its columns turn channels (µV, gain divided out) into coordinates.
    mu
        Alpha's variance in each at a strength of 1 µV; zero in all but six.
    ramp, motor
        Peaks of the ramp, and of the motor bump of either hand.

    Shape
    -----
    unmix: ``(128, 128)``. mu, ramp: ``(128,)``. motor: ``(2, 128)``.
    """

    unmix: NDArray[np.float64]
    mu: NDArray[np.float64]
    ramp: NDArray[np.float64]
    motor: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Time:
    """Samples of a window in coordinates whose noise is independent.

    Attributes
    ----------
    unmix
        V: its columns turn samples into coordinates.
    lam
        Alpha's variance in each, with the background's at 1.
    ramp, motor
        Ramps by time of the peak, and motor bumps by response time, on the grid.

    Shape
    -----
    unmix: ``(200, 200)``. lam: ``(200,)``. ramp: ``(n_peaks, 200)``. motor: ``(251, 200)``.
    """

    unmix: NDArray[np.float64]
    lam: NDArray[np.float64]
    ramp: NDArray[np.float64]
    motor: NDArray[np.float64]


@functools.cache
def space() -> Space:
    """Solve the spatial eigenproblem, once a process."""
    brain = head()
    mu, unmix = eigh(brain.alpha @ brain.alpha.T, brain.background)
    mu[: -brain.alpha.shape[1]] = 0.0
    return Space(unmix, mu, signals.RAMP_UV * brain.ramp @ unmix, signals.MOTOR_UV * brain.motor @ unmix)


@functools.cache
def time() -> Time:
    """Solve the temporal eigenproblem, once a process."""
    t_s = (PROFILES["final"].challenges[1].onset_samples + np.arange(N_TIMES)) / SFREQ
    background, alpha = (
        toeplitz(signals.autocovariance(spectrum, N_TIMES))
        for spectrum in (signals.background_spectrum, signals.alpha_spectrum)
    )
    lam, unmix = eigh(alpha, background)
    ramp, motor = signals.ramp(t_s, _PEAK_S), signals.motor(t_s, _RESPONSE_S)
    return Time(unmix, np.maximum(lam, 0.0), ramp @ unmix, motor @ unmix)


def posterior(windows: NDArray[np.float64], nuisance: signals.Nuisance) -> NDArray[np.float64]:
    """Probability of each response time on the grid, given each window.

    Parameters
    ----------
    windows
        Windows of challenge 1, profile ``final``, of one subject, in µV, without the reference.
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
    """Answer windows as the ideal observer would; arguments as :func:`posterior`, predictions in s."""
    return posterior(windows, nuisance) @ _RESPONSE_S


@functools.cache
def _log_prior() -> NDArray[np.float64]:
    """Log probability of response time and jitter, up to a constant (hands are alike)."""
    inner = (_RESPONSE_S[1:] + _RESPONSE_S[:-1]) / 2
    mass = response_mass(np.concatenate([_RESPONSE_S[:1], inner, _RESPONSE_S[-1:]]))
    return np.log(mass)[:, None] - 0.5 * (_JITTER_S / signals.JITTER_S) ** 2


def _log_likelihood(
    windows: NDArray[np.float64], alpha_uv: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Log likelihood in three parts: of the ramp, of the motor bump by hand, and their overlap by hand.

    Shape
    -----
    windows: ``(n, 128, 200)``, gain divided out. Output: ``(n, n_peaks)``, ``(2, n, 251)``,
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
    """Give the matched filters' output minus half their templates' energy, ``(n, n_shapes)``."""
    energy = shapes**2 @ (topography**2 @ precision)
    return np.asarray((topography @ data) @ shapes.T - 0.5 * energy)
