"""What to do with a trained net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Remedies:
    """What can be typed next.

    Attributes
    ----------
    build
        Command that packs the net, or the ensemble of the folds.
    lower_lr
        Flag for a smaller step size.
    regularise
        Flags and commands for more dropout or a smaller net; none where a net is solved, not trained.
    """

    build: str
    lower_lr: str
    regularise: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """What to do.

    Attributes
    ----------
    build
        Whether the net is worth a submission.
    said
        In words, with the flags to type.
    command
        What packs it; None where that is not worth it.
    """

    build: bool
    said: str
    command: str | None


_FOREMOST = (
    *(DiagnosisKind.LEAKAGE, DiagnosisKind.DIVERGED, DiagnosisKind.UNDEFINED, DiagnosisKind.GAIN),
    *(
        DiagnosisKind.CONSTANT_PREDICTIONS,
        DiagnosisKind.BY_HEART,
        DiagnosisKind.OVER_FITS,
        DiagnosisKind.WORSE,
        DiagnosisKind.NO_GAIN,
    ),
)
_OF_THE_NET = frozenset(
    {DiagnosisKind.LEAKAGE, DiagnosisKind.DIVERGED, DiagnosisKind.BY_HEART, DiagnosisKind.OVER_FITS}
)
"""Hold whatever side they were seen on."""


def foremost(diagnoses: Sequence[Diagnosis], decisive: str) -> DiagnosisKind:
    """Choose the word that stands for a run where there is room for one: what the tree of :func:`advise` goes by.

    Parameters
    ----------
    diagnoses, decisive
        As for :func:`advise`.
    """
    words = {diagnosis.word for diagnosis in diagnoses if diagnosis.about == decisive or diagnosis.word in _OF_THE_NET}
    return min(words, key=_FOREMOST.index)


def advise(diagnoses: Sequence[Diagnosis], decisive: str, remedies: Remedies) -> Advice:
    """Go down the tree: leakage, divergence, a gain beyond its interval, training far below validation.

    Parameters
    ----------
    diagnoses
        All that was found.
    decisive
        The side whose gain counts.
    remedies
        What to type.
    """
    words = {diagnosis.word for diagnosis in diagnoses}
    gain = any(diagnosis.word is DiagnosisKind.GAIN and diagnosis.about == decisive for diagnosis in diagnoses)
    if DiagnosisKind.LEAKAGE in words:
        said = "find out what leaks before anything is built"
    elif DiagnosisKind.DIVERGED in words:
        said = f"train again with smaller steps: {remedies.lower_lr}"
    elif gain:
        said = f"the gain on {decisive} is beyond its interval: build it"
        return Advice(build=True, said=said, command=remedies.build)
    elif words & {DiagnosisKind.BY_HEART, DiagnosisKind.OVER_FITS} and remedies.regularise:
        said = "keep the earlier submission, and try " + ", or ".join(remedies.regularise)
    else:
        said = f"keep the earlier submission; {decisive} shows no gain beyond its interval"
    return Advice(build=False, said=said, command=None)
