"""The vocabulary of diagnoses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DiagnosisKind(StrEnum):
    """What can be said; the value stands in the sentence."""

    CONSTANT_LABELS = "constant labels"
    ONE_LABEL_PER_RELEASE = "one label per release"
    UNIT_MISMATCH = "unit mismatch"
    NOT_FINITE = "not finite"
    DIVERGED = "training diverged"
    UNDEFINED = "nrmse undefined"
    LEAKAGE = "check for leakage"
    CONSTANT_PREDICTIONS = "predictions a constant"
    NO_GAIN = "not shown to be better than the baseline"
    WORSE = "worse than the baseline"
    BY_HEART = "knows its training subjects by heart"
    OVER_FITS = "over-fits"
    GAIN = "better than the baseline"

    @property
    def good(self) -> bool:
        """Whether it is what one hopes for; every other word names something to mend."""
        return self is DiagnosisKind.GAIN


@dataclass(frozen=True)
class Diagnosis:
    """One thing that can be said.

    Attributes
    ----------
    word
        Of the vocabulary.
    about
        Which release, side or fold it is said of.
    said
        The sentence; it holds the word.
    """

    word: DiagnosisKind
    about: str
    said: str

    def __str__(self) -> str:
        return f"{self.about}: {self.said}"
