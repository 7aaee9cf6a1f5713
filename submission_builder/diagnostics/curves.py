"""What can be said of a net by its epochs and its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_zoo.training.record import EpochRecord
    from submission_builder.diagnostics.bounds import Bound
    from submission_builder.scores.challenge_score import ChallengeScore

LEAST_SPREAD = 0.05
"""Below, predictions are a constant for all they are worth: if they were right they would gain 1 − √(1 − 0.05²) = 0.001."""

_DIVERGED = 3.0
"""nrmse on a net's own training windows; a constant has 1."""

_HELD = 0.5
"""Share of the training side's gain that has to hold on other subjects."""

_LEAST_TRAIN_GAIN = 0.1
_RISE = 1.01
_LAST = 3


def score_diagnoses(
    about: str, score: ChallengeScore, baselines: Mapping[str, float], bound: Bound | None
) -> list[Diagnosis]:
    """Judge the score of a side that was not trained on.

    Parameters
    ----------
    about
        What the side is called.
    score, baselines
        What the net is worth on it, and what can be had without EEG.
    bound
        What nobody has passed; None where that is not known.
    """
    if score.nrmse is None or not score.target_std or score.prediction_std is None:
        reason = (
            f"target is constant in {about}: {DiagnosisKind.UNDEFINED}" if score.target_std == 0 else str(score.reason)
        )
        return [Diagnosis(DiagnosisKind.UNDEFINED, about, reason)]
    diagnoses = [_gain(about, score.nrmse, score.interval, baselines)]
    spread = score.prediction_std / score.target_std
    if spread < LEAST_SPREAD:
        said = f"{DiagnosisKind.CONSTANT_PREDICTIONS}: {100 * spread:.1f} % of the target's spread"
        diagnoses.append(Diagnosis(DiagnosisKind.CONSTANT_PREDICTIONS, about, said))
    if bound and bound.passed(score.nrmse, score.interval):
        said = f"better than {bound.name}: {DiagnosisKind.LEAKAGE} ({score.nrmse:.5f} against {bound.nrmse:.5f})"
        diagnoses.append(Diagnosis(DiagnosisKind.LEAKAGE, about, said))
    return diagnoses


def _gain(about: str, nrmse: float, interval: tuple[float, float] | None, baselines: Mapping[str, float]) -> Diagnosis:
    """Say on which side of the lowest baseline the whole interval lies."""
    name, baseline = min(baselines.items(), key=lambda item: item[1])
    ends = "95 % interval {:.3f} to {:.3f}".format(*interval) if interval else "too few subjects for an interval"
    word = DiagnosisKind.NO_GAIN
    if interval and interval[1] < baseline:
        word = DiagnosisKind.GAIN
    elif interval and interval[0] > baseline:
        word = DiagnosisKind.WORSE
    return Diagnosis(word, about, f"{word}: nrmse {nrmse:.5f} ({ends}), {name} {baseline:.5f}")


def curve_diagnoses(about: str, records: Sequence[EpochRecord], best_epoch: int) -> list[Diagnosis]:
    """Judge how the two sides went from epoch to epoch.

    Parameters
    ----------
    about
        What the run is called.
    records
        All epochs.
    best_epoch
        The one whose weights were kept, counted from 1.
    """
    return [
        *_diverged(about, records),
        *_by_heart(about, records[best_epoch - 1]),
        *_over_fits(about, records, best_epoch),
    ]


def _diverged(about: str, records: Sequence[EpochRecord]) -> list[Diagnosis]:
    last = records[-1]
    if last.train.nrmse is None or (last.train.nrmse < _DIVERGED and np.isfinite(last.train_loss)):
        return []
    said = f"{DiagnosisKind.DIVERGED}: nrmse {last.train.nrmse:.4g} on its own training windows in epoch {last.epoch}"
    return [Diagnosis(DiagnosisKind.DIVERGED, about, f"{said}; a constant has 1")]


def _by_heart(about: str, best: EpochRecord) -> list[Diagnosis]:
    """Compare what was gained on either side."""
    if best.train.nrmse is None or best.val.nrmse is None or 1 - best.train.nrmse < _LEAST_TRAIN_GAIN:
        return []
    if 1 - best.val.nrmse >= _HELD * (1 - best.train.nrmse):
        return []
    said = f"{DiagnosisKind.MEMORISES}: nrmse {best.train.nrmse:.3f} on them, {best.val.nrmse:.3f} on others"
    return [Diagnosis(DiagnosisKind.MEMORISES, about, said)]


def _over_fits(about: str, records: Sequence[EpochRecord], best_epoch: int) -> list[Diagnosis]:
    """Look for a validation side that gets worse while the training side gets better."""
    best, later = records[best_epoch - 1], records[best_epoch:]
    train = [record.train.nrmse for record in (best, *later) if record.train.nrmse is not None]
    val = [record.val.nrmse for record in later if record.val.nrmse is not None]
    if len(val) < _LAST or len(train) != len(later) + 1 or best.val.nrmse is None:
        return []
    if np.mean(val[-_LAST:]) < _RISE * best.val.nrmse or np.mean(train[-_LAST:]) >= train[0]:
        return []
    said = f"{DiagnosisKind.OVERFITS} from epoch {best_epoch + 1}: since then nrmse fell to {min(train):.3f} on the subjects it "
    return [
        Diagnosis(
            DiagnosisKind.OVERFITS,
            about,
            f"{said}trains on and rose from {best.val.nrmse:.3f} to {val[-1]:.3f} on others",
        )
    ]
