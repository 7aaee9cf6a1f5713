"""The vocabulary of diagnoses: a fixed set of kinds, so that tests, reports and advice can tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DiagnosisKind(StrEnum):
    """Kind of a diagnosis. Its value is part of the message."""

    # labels and signals, before training
    CONSTANT_LABELS = "constant labels"
    ONE_LABEL_PER_RELEASE = "one label per release"
    UNIT_MISMATCH = "unit mismatch"
    NOT_FINITE = "not finite"
    # learning curves
    DIVERGED = "training diverged"
    MEMORISES = "memorises its training subjects"
    OVERFITS = "overfits"
    # scores on held-out subjects
    UNDEFINED = "nrmse undefined"
    LEAKAGE = "check for leakage"
    CONSTANT_PREDICTIONS = "constant predictions"
    NO_GAIN = "not shown to be better than the baseline"
    WORSE = "worse than the baseline"
    GAIN = "better than the baseline"
    # the score of a zip
    TRAINED_ON = "no test score"
    UNIT_MISTAKE = "unit mistake"
    LIKE_A_CONSTANT = "not shown to differ from a constant"
    WORSE_THAN_CONSTANT = "worse than the best constant"
    BETTER_THAN_CONSTANT = "better than the best constant"

    @property
    def good(self) -> bool:
        """Whether this is the desired result; every other kind names a problem."""
        return self in (DiagnosisKind.GAIN, DiagnosisKind.BETTER_THAN_CONSTANT)


@dataclass(frozen=True)
class Diagnosis:
    """One finding about training data, a trained net or the score of a zip."""

    kind: DiagnosisKind
    where: str
    """The release, split, fold, run or challenge that the diagnosis concerns."""
    message: str
    """One sentence; it contains the value of `kind`."""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"
