"""Diagnoses of signals; those of labels and of whole releases are in test_planted.py."""

import numpy as np
import pytest

from submission_builder.diagnostics.data import signal_diagnoses
from submission_builder.diagnostics.diagnosis import DiagnosisKind


def windows(scale):
    return (scale * np.random.default_rng(0).normal(size=(4, 129, 200))).astype(np.float32)


def test_scalp_eeg_in_volts_has_no_diagnosis():
    assert signal_diagnoses("R1", windows(1e-5)) == []


@pytest.mark.parametrize(("scale", "unit"), [(10, "µV"), (1e-2, "mV"), (1e-11, ""), (0, "")])
def test_another_amplitude_is_a_unit_mismatch_and_names_the_likely_unit(scale, unit):
    (diagnosis,) = signal_diagnoses("R1", windows(scale))
    assert diagnosis.kind is DiagnosisKind.UNIT_MISMATCH
    assert diagnosis.where == "R1"
    assert diagnosis.message.endswith(f"may be in {unit}" if unit else "1e-07 to 0.001 V")


def test_the_message_of_a_unit_mismatch():
    (diagnosis,) = signal_diagnoses("R1", windows(10))
    assert str(diagnosis) == (
        "R1: unit mismatch: the median channel has a standard deviation of 9.97 V, scalp EEG has 1e-07 to 0.001 V; "
        "the values may be in µV"
    )
