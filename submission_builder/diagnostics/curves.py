"""Diagnoses from learning curves and from scores on held-out subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_zoo.training.record import EpochRecord
    from submission_builder.diagnostics.bounds import Bound
    from submission_builder.scores.challenge_score import ChallengeScore

_LEAST_SPREAD = 0.05
"""Predictions count as constant if their std is a smaller fraction of the targets' std.

Even if they were right, they would lower nrmse by only 1 − √(1 − 0.05²) = 0.001."""

_DIVERGED_NRMSE = 3.0
"""Training has diverged if nrmse on the training windows is at least this; the mean of the targets scores 1."""

_LEAST_TRAIN_GAIN = 0.1
"""A net can memorise its training subjects only if its gain on them, 1 − nrmse, is at least this."""

_HELD_OUT_FRACTION = 0.5
"""A net memorises if held-out subjects keep less than this fraction of the gain on the training subjects."""

_OVERFIT_RISE = 1.01
"""A net overfits if validation nrmse ends this factor above its minimum."""

_N_LAST = 3
"""Number of last epochs whose mean is compared with the best epoch."""


def score_diagnoses(
    where: str, score: ChallengeScore, baselines: Mapping[str, float], bound: Bound | None
) -> list[Diagnosis]:
    """Diagnose the score on a split of held-out subjects.

    Parameters
    ----------
    where
        Name of the split.
    score
        Score of the net.
    baselines
        nrmse of predictions that use no EEG, by name.
    bound
        Best plausible score; None if it is unknown.
    """
    if score.nrmse is None or score.spread is None:
        reason = str(score.reason).removeprefix("nrmse is undefined: ")
        return [Diagnosis(DiagnosisKind.UNDEFINED, where, f"{DiagnosisKind.UNDEFINED}: {reason}")]
    diagnoses = [_gain(where, score.nrmse, score.interval, baselines)]
    fact = small_spread(score)
    if fact:
        kind = DiagnosisKind.CONSTANT_PREDICTIONS
        diagnoses.append(Diagnosis(kind, where, f"{kind}: {fact}"))
    if bound and bound.passed(score.nrmse, score.interval):
        kind = DiagnosisKind.LEAKAGE
        message = f"{kind}: nrmse {score.nrmse:.5f} is lower than {bound.nrmse:.5f}, {bound.name}"
        diagnoses.append(Diagnosis(kind, where, message))
    return diagnoses


def small_spread(score: ChallengeScore) -> str | None:
    """Describe a spread of predictions that count as constant; None if they do not, or there is no spread."""
    if score.spread is None or score.spread >= _LEAST_SPREAD:
        return None
    return f"their standard deviation is {100 * score.spread:.1f} % of the targets'"


def _gain(where: str, nrmse: float, interval: tuple[float, float] | None, baselines: Mapping[str, float]) -> Diagnosis:
    """Compare the interval with the best baseline."""
    name, baseline = min(baselines.items(), key=lambda item: item[1])
    ends = "95 % interval {:.3f} to {:.3f}".format(*interval) if interval else "too few subjects for an interval"
    kind = DiagnosisKind.NO_GAIN
    if interval and interval[1] < baseline:
        kind = DiagnosisKind.GAIN
    elif interval and interval[0] > baseline:
        kind = DiagnosisKind.WORSE
    return Diagnosis(kind, where, f"{kind}: nrmse {nrmse:.5f} ({ends}), {name} {baseline:.5f}")


def curve_diagnoses(where: str, records: Sequence[EpochRecord], best_epoch: int) -> list[Diagnosis]:
    """Diagnose the learning curves of a run.

    Parameters
    ----------
    where
        Name of the run or fold.
    records
        Metrics of all epochs.
    best_epoch
        Number of the epoch with the lowest validation nrmse, counted from 1.
    """
    return [
        *_diverged(where, records),
        *_memorises(where, records[best_epoch - 1]),
        *_overfits(where, records, best_epoch),
    ]


def _diverged(where: str, records: Sequence[EpochRecord]) -> list[Diagnosis]:
    last = records[-1]
    if last.train.nrmse is None or (last.train.nrmse < _DIVERGED_NRMSE and np.isfinite(last.train_loss)):
        return []
    kind = DiagnosisKind.DIVERGED
    fact = f"nrmse on the training windows is {last.train.nrmse:.4g} in epoch {last.epoch}"
    return [Diagnosis(kind, where, f"{kind}: {fact}; the mean of the targets scores 1")]


def _memorises(where: str, best: EpochRecord) -> list[Diagnosis]:
    """Compare the gains over the mean of the targets on both splits."""
    if best.train.nrmse is None or best.val.nrmse is None or 1 - best.train.nrmse < _LEAST_TRAIN_GAIN:
        return []
    if 1 - best.val.nrmse >= _HELD_OUT_FRACTION * (1 - best.train.nrmse):
        return []
    kind = DiagnosisKind.MEMORISES
    fact = f"nrmse is {best.train.nrmse:.3f} on them and {best.val.nrmse:.3f} on the validation subjects"
    return [Diagnosis(kind, where, f"{kind}: {fact}")]


def _overfits(where: str, records: Sequence[EpochRecord], best_epoch: int) -> list[Diagnosis]:
    """Find a validation nrmse that rises while the training nrmse falls."""
    best, later = records[best_epoch - 1], records[best_epoch:]
    train = [record.train.nrmse for record in (best, *later) if record.train.nrmse is not None]
    val = [record.val.nrmse for record in later if record.val.nrmse is not None]
    if len(val) < _N_LAST or len(train) != len(later) + 1 or best.val.nrmse is None:
        return []
    if np.mean(val[-_N_LAST:]) < _OVERFIT_RISE * best.val.nrmse or np.mean(train[-_N_LAST:]) >= train[0]:
        return []
    kind = DiagnosisKind.OVERFITS
    fall = f"training nrmse falls to {min(train):.3f}"
    rise = f"validation nrmse rises from {best.val.nrmse:.3f} to {val[-1]:.3f}"
    return [Diagnosis(kind, where, f"{kind} from epoch {best_epoch + 1}: {fall} while {rise}")]
