"""Recommend what to do with a trained net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class NextSteps:
    """Commands and flags that fit a run; :func:`advise` picks among them."""

    build: str
    """Command that builds a submission from the net, or from the ensemble of the folds."""
    lower_learning_rate: str
    """Flag that lowers the learning rate."""
    regularise: tuple[str, ...]
    """Phrases with a flag or command each: more dropout, a smaller net. Empty for a net with a closed-form fit."""


@dataclass(frozen=True)
class Advice:
    """A recommendation."""

    build: bool
    """Whether the net is worth a submission."""
    message: str
    """The recommendation in words, with flags to copy."""
    command: str | None
    """Command to run next; None if there is none."""


_BY_PRIORITY = (
    DiagnosisKind.LEAKAGE,
    DiagnosisKind.DIVERGED,
    DiagnosisKind.UNDEFINED,
    DiagnosisKind.GAIN,
    DiagnosisKind.CONSTANT_PREDICTIONS,
    DiagnosisKind.MEMORISES,
    DiagnosisKind.OVERFITS,
    DiagnosisKind.WORSE,
    DiagnosisKind.NO_GAIN,
)

_OF_THE_NET = frozenset(
    {DiagnosisKind.LEAKAGE, DiagnosisKind.DIVERGED, DiagnosisKind.MEMORISES, DiagnosisKind.OVERFITS}
)
"""Kinds that concern the net itself, whichever split shows them."""


def main_diagnosis(diagnoses: Sequence[Diagnosis], split: str) -> DiagnosisKind:
    """Return the most important kind, for a table with one column for it.

    Parameters
    ----------
    diagnoses
        All diagnoses of a run.
    split
        Name of the split whose score counts. Diagnoses of other splits are ignored, unless they concern the net itself.
    """
    kinds = {diagnosis.kind for diagnosis in diagnoses if diagnosis.where == split or diagnosis.kind in _OF_THE_NET}
    return min(kinds, key=_BY_PRIORITY.index)


def advise(diagnoses: Sequence[Diagnosis], split: str, steps: NextSteps) -> Advice:
    """Recommend what to do, by the first of these that holds: leakage, divergence, a gain, overfitting.

    Parameters
    ----------
    diagnoses
        All diagnoses of a run.
    split
        Name of the split whose gain counts.
    steps
        Commands and flags to recommend.
    """
    kinds = {diagnosis.kind for diagnosis in diagnoses}
    gain = any(diagnosis.kind is DiagnosisKind.GAIN and diagnosis.where == split for diagnosis in diagnoses)
    if DiagnosisKind.LEAKAGE in kinds:
        message = "find the leak before you build a submission"
    elif DiagnosisKind.DIVERGED in kinds:
        message = f"train again with a lower learning rate: {steps.lower_learning_rate}"
    elif gain:
        message = f"build a submission, because the 95 % interval on {split} lies below the baseline"
        return Advice(build=True, message=message, command=steps.build)
    elif kinds & {DiagnosisKind.MEMORISES, DiagnosisKind.OVERFITS} and steps.regularise:
        message = "keep the earlier submission, and try " + ", or ".join(steps.regularise)
    else:
        message = f"keep the earlier submission, because the 95 % interval on {split} does not lie below the baseline"
    return Advice(build=False, message=message, command=None)
