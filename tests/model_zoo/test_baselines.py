"""The nets of braindecode: which are in the table, under which name, and that they are braindecode's own."""

import inspect
import re

import pytest
import torch
from braindecode import models
from braindecode.models.base import EEGModuleMixin

from model_zoo.nets.standardise import Standardise
from model_zoo.registry import ARCHITECTURES, architecture

ADMITTED = {row.kwargs["class_name"]: row.name for row in ARCHITECTURES if row.module == "braindecode_net"}

LEFT_OUT = {
    "AttnSleep": "Given normalized_shape",
    "DeepSleepNet": "mat1 and mat2 shapes cannot be multiplied",
    "FBLightConvNet": "float division by zero",
    "SleepStagerBlanco2020": "in_channels must be divisible by groups",
    "SignalJEPA": "chs_info not specified",  # with positions it predictions one vector a channel
    "SignalJEPA_Contextual": "chs_info not specified",  # with positions its decoder gets no gradient
}
"""What braindecode's other nets say to (129, 200, 1)."""


def snake_case(name):
    """The rule of the names."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z]{2})|(?<=[A-Za-z0-9])(?=[A-Z][a-z]{2})", "_", name).lower()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EEGNeX", "eegnex"),
        ("EEGNet", "eeg_net"),
        ("ShallowFBCSPNet", "shallow_fbcsp_net"),
        ("Deep4Net", "deep4_net"),
        ("SignalJEPA_PreLocal", "signal_jepa_pre_local"),
    ],
)
def test_the_rule_of_names(name, expected):
    assert snake_case(name) == expected


def test_every_name_follows_the_rule():
    assert {name: snake_case(name) for name in ADMITTED} == ADMITTED


def test_every_net_of_braindecode_is_in_the_table_or_left_out_for_a_reason():
    """EEGNetv4 is an older name of EEGNet."""
    found = {
        name
        for name, value in vars(models).items()
        if inspect.isclass(value) and issubclass(value, EEGModuleMixin) and value is not EEGModuleMixin
    }
    assert found - {"EEGNetv4"} == ADMITTED.keys() | LEFT_OUT.keys()
    assert len(ADMITTED) == 32


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_does_not_answer(name):
    with pytest.raises((RuntimeError, ValueError, ZeroDivisionError), match=LEFT_OUT[name]):
        getattr(models, name)(n_chans=129, n_times=200, n_outputs=1, sfreq=100)(torch.zeros(2, 129, 200))


@torch.inference_mode()
def test_our_eegnex_is_braindecodes_on_standardised_windows():
    ours = architecture("eegnex", 1).build({}).eval()
    theirs = models.EEGNeX(n_chans=129, n_times=200, n_outputs=1, sfreq=100).eval()
    theirs.load_state_dict(ours.net.state_dict())
    X = torch.randn(4, 129, 200, generator=torch.Generator().manual_seed(0)) * 1e-5
    assert torch.equal(ours(X), theirs(Standardise()(X)))
