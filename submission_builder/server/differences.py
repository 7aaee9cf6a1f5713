"""What differs between the runs of a submission under the replicas of several server images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.server.replica import install_command

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import ArrayLike

SHARE = 1e-3
"""Predictions may differ by this share of their standard deviation."""
RELATIVE = 1e-5
"""They may also differ by this share of the largest prediction: rounding in float32 differs between versions."""
TOLERANCE = f"{SHARE:.1%} of their standard deviation, or {RELATIVE:g} of the largest"
"""The tolerance in words."""


@dataclass(frozen=True)
class Difference:
    """A fact that is not the same under all images."""

    subject: str
    """What differs."""
    by_server: Mapping[str, str]
    """The fact under each image."""

    def __str__(self) -> str:
        """Write the fact under each image in one line."""
        return f"{self.subject}: " + ", ".join(f"{fact} under {server}" for server, fact in self.by_server.items())


def compared_notes(images: Collection[str], differences: Sequence[Difference]) -> list[str]:
    """Write the differences between runs under several images as lines, or that there is none."""
    if differences or len(images) == 1:
        return [f"difference of {difference}" for difference in differences]
    return [f"no difference between {' and '.join(images)}; predictions may differ by {TOLERANCE}"]


def untried_notes(images: Collection[str]) -> list[str]:
    """Name the images whose replica is not installed, each with the command that installs it."""
    return [f"{image} was not tried: {install_command(image)}" for image in images]


def differing_outcomes(by_server: Mapping[str, str]) -> list[Difference]:
    """Compare how the runs ended, by image."""
    return [Difference("outcome", dict(by_server))] if len(set(by_server.values())) > 1 else []


def differing_predictions(challenge: int, by_server: Mapping[str, ArrayLike]) -> list[Difference]:
    """Compare the predictions for the same windows, by image; differences up to :data:`TOLERANCE` are rounding.

    Shape
    -----
    Predictions: ``(n_windows,)``
    """
    values = np.array(list(by_server.values()), np.float64)
    if values.size == 0:
        return []
    difference = np.ptp(values, axis=0)
    allowed = max(SHARE * values[0].std(), RELATIVE * np.abs(values).max())
    differing = int((difference > allowed).sum())
    if not differing:
        return []
    worst = int(difference.argmax())
    subject = (
        f"predictions of challenge {challenge} ({differing} of {len(difference)} windows differ by more than "
        f"{allowed:.2g}), window {worst + 1}"
    )
    return [
        Difference(subject, {server: f"{value:.6g}" for server, value in zip(by_server, values[:, worst], strict=True)})
    ]
