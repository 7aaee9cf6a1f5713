"""Advice on a run."""

import pytest

from submission_builder.diagnostics.advice import NextSteps, advise, main_diagnosis
from submission_builder.diagnostics.diagnosis import Diagnosis, DiagnosisKind

STEPS = NextSteps("subpack build x", "--lr 0.1", ("more dropout", "a smaller net"))


def advice_on(*kinds, steps=STEPS):
    return advise([Diagnosis(kind, "val", kind) for kind in kinds], "val", steps)


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ((DiagnosisKind.GAIN,), "build a submission, because the 95 % interval on val lies below the baseline"),
        ((DiagnosisKind.GAIN, DiagnosisKind.LEAKAGE), "find the leak before you build a submission"),
        ((DiagnosisKind.DIVERGED, DiagnosisKind.NO_GAIN), "train again with a lower learning rate: --lr 0.1"),
        (
            (DiagnosisKind.NO_GAIN, DiagnosisKind.MEMORISES),
            "keep the earlier submission, and try more dropout, or a smaller net",
        ),
        (
            (DiagnosisKind.NO_GAIN,),
            "keep the earlier submission, because the 95 % interval on val does not lie below the baseline",
        ),
    ],
)
def test_messages(kinds, message):
    """The one place that asserts whole sentences."""
    assert advice_on(*kinds).message == message


def test_only_a_gain_without_leakage_or_divergence_is_built():
    assert advice_on(DiagnosisKind.GAIN).command == "subpack build x"
    assert advice_on(DiagnosisKind.GAIN, DiagnosisKind.MEMORISES).build
    for kind in (DiagnosisKind.LEAKAGE, DiagnosisKind.DIVERGED):
        advice = advice_on(DiagnosisKind.GAIN, kind)
        assert (advice.build, advice.command) == (False, None)
    assert not advice_on(DiagnosisKind.NO_GAIN).build


def test_a_net_without_flags_that_regularise_gets_the_advice_of_no_gain():
    steps = NextSteps("subpack build x", "--lr 0.1", ())
    memorises = advice_on(DiagnosisKind.NO_GAIN, DiagnosisKind.MEMORISES, steps=steps)
    assert memorises == advice_on(DiagnosisKind.NO_GAIN, steps=steps)


def test_only_a_gain_on_the_split_that_counts_counts():
    diagnoses = [Diagnosis(DiagnosisKind.GAIN, "val", ""), Diagnosis(DiagnosisKind.NO_GAIN, "test", "")]
    assert not advise(diagnoses, "test", STEPS).build
    assert advise(diagnoses, "val", STEPS).build


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ({"test": (DiagnosisKind.GAIN,), "epochs": (DiagnosisKind.OVERFITS,)}, DiagnosisKind.GAIN),
        (
            {"test": (DiagnosisKind.NO_GAIN,), "val": (DiagnosisKind.GAIN, DiagnosisKind.CONSTANT_PREDICTIONS)},
            DiagnosisKind.NO_GAIN,
        ),
        ({"test": (DiagnosisKind.NO_GAIN, DiagnosisKind.CONSTANT_PREDICTIONS)}, DiagnosisKind.CONSTANT_PREDICTIONS),
        ({"test": (DiagnosisKind.NO_GAIN,), "epochs": (DiagnosisKind.MEMORISES,)}, DiagnosisKind.MEMORISES),
        ({"test": (DiagnosisKind.GAIN,), "val": (DiagnosisKind.LEAKAGE,)}, DiagnosisKind.LEAKAGE),
    ],
)
def test_the_main_diagnosis_is_of_the_split_that_counts_or_of_the_net_itself(found, kind):
    diagnoses = [Diagnosis(one, about, one) for about, kinds in found.items() for one in kinds]
    assert main_diagnosis(diagnoses, "test") is kind
