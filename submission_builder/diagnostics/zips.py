"""Diagnoses of the score of a zip on a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.diagnostics.curves import small_spread
from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.diagnostics.bounds import Bound
    from submission_builder.protocol.challenges import ChallengeSpec
    from submission_builder.scores.challenge_score import ChallengeScore

_AGREES = 0.002
"""A constant explains a score if its formula gives the score within this share of it."""

_UNITS = {1000.0: "milliseconds instead of seconds", 100.0: "samples instead of seconds"}
_UNIT_TOLERANCE = 1.5
"""The predictions may have another unit if the ratio of the means is within this factor of the ratio of the units."""

_LEAST_FACTOR = 2.0
"""The mean of the targets is missed by a factor if the ratio of the means is at least this, or at most 1 over it."""

_MOST_SUBJECTS = 10_000
"""Larger numbers of subjects are not named; HBN-EEG has about 3,000."""

_NEAR_ZERO = 5.0
"""A mean below one over this of the targets' mean is that of standardised targets, or of a net without weights."""


def zip_diagnoses(
    spec: ChallengeSpec,
    score: ChallengeScore,
    bound: Bound | None,
    *,
    trained_subjects: int,
    trained_release: str | None,
) -> list[Diagnosis]:
    """Diagnose the score of one challenge.

    Parameters
    ----------
    spec
        The challenge.
    score
        Score of the zip.
    bound
        Best plausible score; None if it is unknown.
    trained_subjects
        Number of scored subjects that the manifest lists as training subjects of the nets.
    trained_release
        Name of the scored release if the manifest lists its labels as training data; else None.

    Returns
    -------
    list[Diagnosis]
        Empty if there is no score. One of them compares the score with the best constant; it is good if the score is
        shown to be better. A healthy zip has no other.
    """
    if score.nrmse is None:
        return []
    where = f"challenge {spec.number}"
    found = [
        *_trained(score, trained_subjects, trained_release),
        *_unit(spec, score),
        *_constant(score),
        *_against_constant(score),
        *_leakage(score, bound),
    ]
    return [Diagnosis(kind, where, f"{kind}: {fact}") for kind, fact in found]


def _trained(score: ChallengeScore, subjects: int, release: str | None) -> Iterator[tuple[DiagnosisKind, str]]:
    if subjects:
        yield (
            DiagnosisKind.TRAINED_ON,
            f"{subjects} of its {score.n_subjects} subjects are in the training list of the checkpoint",
        )
    elif release:
        yield DiagnosisKind.TRAINED_ON, f"the manifest lists {release} as training data of the checkpoint"


def _unit(spec: ChallengeSpec, score: ChallengeScore) -> Iterator[tuple[DiagnosisKind, str]]:
    """Compare the means in the challenge whose targets are far from 0 in units of their standard deviation."""
    if not spec.locked_to_stimulus or not score.target_mean or score.prediction_mean is None:
        return
    ratio = score.prediction_mean / score.target_mean
    if 1 / _LEAST_FACTOR < ratio < _LEAST_FACTOR:
        return
    means = f"the mean of the predictions is {score.prediction_mean:.4g}, that of the targets {score.target_mean:.4g} s"
    if ratio < 1 / _NEAR_ZERO:
        yield (
            DiagnosisKind.UNIT_MISTAKE,
            f"{means}; targets may have been standardised, or another challenge's net runs",
        )
        return
    units = [name for factor, name in _UNITS.items() if 1 / _UNIT_TOLERANCE < ratio / factor < _UNIT_TOLERANCE]
    yield DiagnosisKind.UNIT_MISTAKE, f"{means}{'; the unit may be ' + units[0] if units else ''}"


def _constant(score: ChallengeScore) -> Iterator[tuple[DiagnosisKind, str]]:
    """Name a small spread, and the score that the mean of the predictions alone gives, where it explains the score."""
    fact = small_spread(score)
    if fact is None or not score.target_std or score.nrmse is None or score.constant is None:
        return
    by_mean = score.constant * float(np.sqrt(1 + ((score.bias or 0) / score.target_std) ** 2))
    if abs(by_mean - score.nrmse) <= _AGREES * score.nrmse:
        fact += f"; the constant {score.prediction_mean:.4g} alone scores {by_mean:.4f} = √(1 + ((c − mean)/std)²)"
    yield DiagnosisKind.CONSTANT_PREDICTIONS, fact


def _against_constant(score: ChallengeScore) -> Iterator[tuple[DiagnosisKind, str]]:
    found = score.over_subjects
    if found is None:
        return
    ends = "95 % interval {:.3f} to {:.3f}".format(*found.interval)
    if found.shown_better:
        at_least = found.constant - found.interval[1]
        yield DiagnosisKind.BETTER_THAN_CONSTANT, f"by at least {at_least:.4f} ({ends})"
    elif found.shown_worse:
        at_least = found.interval[0] - found.constant
        yield DiagnosisKind.WORSE_THAN_CONSTANT, f"by at least {at_least:.4f} ({ends})"
    else:
        needed = found.subjects_needed
        feasible = needed is not None and needed <= _MOST_SUBJECTS
        more = f"; about {needed:,} subjects would show a difference of this size" if feasible else ""
        yield DiagnosisKind.LIKE_A_CONSTANT, f"{ends} contains {found.constant:.3f}{more}"


def _leakage(score: ChallengeScore, bound: Bound | None) -> Iterator[tuple[DiagnosisKind, str]]:
    """Require the whole interval to be better, since a few subjects can give a lower score by chance."""
    if bound is None or score.nrmse is None:
        return
    if (score.interval[1] if score.interval else score.nrmse) < bound.nrmse:
        yield DiagnosisKind.LEAKAGE, f"nrmse {score.nrmse:.5f} is better than {bound.nrmse:.5f}, {bound.name}"
