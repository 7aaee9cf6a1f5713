"""Topographies of dipoles in a sphere on the HydroCel net, referenced to Cz.

A dipole lies on the line from the centre of the sphere to an electrode; the dipoles of the background lie anywhere.
MNE-Python's ``make_forward_solution`` computes their potentials. Cz is the reference and is zero at all times, so the
arrays contain only the other 128 channels.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import mne
import numpy as np

from submission_builder.protocol.challenges import N_CHANS, SFREQ

if TYPE_CHECKING:
    from numpy.typing import NDArray

MONTAGE = "GSN-HydroCel-129"
"""Electrode net of the Healthy Brain Network. MNE-Python lists its channels as E1…E128, Cz."""

CENTRE_M, RADIUS_M = (0.0, 0.0, 0.04), 0.095
"""Centre and radius of the sphere in head coordinates, in m. Electrodes are projected onto it."""

ALPHA_SITES = ("E65", "E70", "E72", "E75", "E83", "E90")
"""PO7, O1, POz, Oz, O2 and PO8. One dipole of alpha lies under each."""

RAMP_SITE = "E62"
"""Pz, above the dipole of the ramp."""

MOTOR_SITES = ("E104", "E36")
"""C4 and C3, contralateral to the left and to the right hand."""

N_BACKGROUND = 256
"""Number of dipoles of the background."""

BACKGROUND_UV = 8.0
"""Root mean square of the background at the median channel, in µV, without the subject's gain."""

SENSOR_SHARE = 0.3
"""Share of the background's variance (median channel) that is independent between electrodes."""

_DEEP, _SHALLOW = 0.6, 0.75  # radius of alpha's dipoles and of the ramp's and motor dipoles, over the sphere's
_NECK = -0.4  # lowest height of a background dipole, over the radius
_FIXED = 20251011  # seed of the background dipoles, the same in all releases


@dataclass(frozen=True, eq=False)
class Head:
    """The topographies, equal in every simulated head.

    Shape
    -----
    background, background_root: ``(128, 128)``. alpha: ``(128, 6)``. ramp: ``(128,)``. motor: ``(2, 128)``.
    """

    background: NDArray[np.float64]
    """Spatial covariance C1 of the background, in µV²."""
    background_root: NDArray[np.float64]
    """Cholesky factor of C1, in µV."""
    alpha: NDArray[np.float64]
    """Columns whose outer product is C2, the spatial covariance of alpha; 1 µV rms at the strongest channel."""
    ramp: NDArray[np.float64]
    """Topography of the ramp; its largest absolute value is 1."""
    motor: NDArray[np.float64]
    """Topographies of a left and of a right button press; the largest absolute value of each is 1."""


def channel_names() -> list[str]:
    """Return the names of the 129 channels in the order of the recordings; the last is the reference."""
    return list(mne.channels.make_standard_montage(MONTAGE).ch_names)


@functools.cache
def head() -> Head:
    """Compute the topographies once per process (about 1 s, or 10 s if numba has to compile first)."""
    info = mne.create_info(channel_names(), SFREQ, "eeg")
    info.set_montage(MONTAGE)
    dipoles = (
        _under(info, ALPHA_SITES, _DEEP),
        _under(info, (RAMP_SITE, *MOTOR_SITES), _SHALLOW),
        _scattered(),
    )
    columns = _potentials(info, *(np.concatenate(part) for part in zip(*dipoles, strict=True)))
    n_alpha = len(ALPHA_SITES)
    alpha, peaked, background = np.split(columns, [n_alpha, n_alpha + 3], axis=1)
    peaked = peaked / np.abs(peaked).max(axis=0)
    covariance = _background(background)
    return Head(
        background=covariance,
        background_root=np.asarray(np.linalg.cholesky(covariance), np.float64),
        alpha=alpha / np.sqrt((alpha**2).sum(axis=1).max()),
        ramp=peaked[:, 0],
        motor=peaked[:, 1:].T,
    )


def _background(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance of dipoles of equal strength plus electrode noise; both are referenced to a Cz that has them too."""
    dipoles = columns @ columns.T
    electrodes = np.eye(N_CHANS - 1) + 1.0  # covariance of e_i - e_Cz
    covariance = (1 - SENSOR_SHARE) * _to_median_1(dipoles) + SENSOR_SHARE * _to_median_1(electrodes)
    return BACKGROUND_UV**2 * _to_median_1(covariance)


def _to_median_1(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    return covariance / float(np.median(np.diag(covariance)))


def _under(
    info: mne.Info, electrodes: tuple[str, ...], depth: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions (m) and outward orientations of dipoles under electrodes."""
    places = np.array([info["chs"][info.ch_names.index(name)]["loc"][:3] for name in electrodes])
    outward = _unit(places - CENTRE_M)
    return CENTRE_M + depth * RADIUS_M * outward, outward


def _scattered() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw positions (m) and orientations of the background dipoles in a thick shell without the neck."""
    rng = np.random.default_rng(_FIXED)
    directions = _unit(rng.normal(size=(8 * N_BACKGROUND, 3)))
    directions = directions[directions[:, 2] > _NECK][:N_BACKGROUND]
    radius = RADIUS_M * rng.uniform(0.4, 0.85, size=(N_BACKGROUND, 1))
    return CENTRE_M + radius * directions, _unit(rng.normal(size=(N_BACKGROUND, 3)))


def _potentials(info: mne.Info, places: NDArray[np.float64], orientations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the potentials of unit dipoles relative to Cz, ``(128, n_dipoles)``."""
    sphere = mne.make_sphere_model(CENTRE_M, RADIUS_M, verbose="ERROR")
    space = mne.setup_volume_source_space(pos={"rr": places, "nn": orientations}, sphere=sphere, verbose="ERROR")
    forward = mne.make_forward_solution(
        info, trans=None, src=space, bem=sphere, meg=False, mindist=0.0, verbose="ERROR"
    )
    free = forward["sol"]["data"].reshape(N_CHANS, len(places), 3)
    fixed: NDArray[np.float64] = np.einsum("cdx,dx->cd", free, orientations)
    return np.asarray(fixed[:-1] - fixed[-1])


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
