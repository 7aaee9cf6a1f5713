"""The nets of braindecode in the registry: which ones, their names, and their equality with braindecode's own."""

import inspect
import re

import pytest
import torch
from braindecode import models
from braindecode.models.base import EEGModuleMixin

from model_zoo.nets.standardise import Standardise
from model_zoo.registry import ARCHITECTURES, find_architecture

ADMITTED = {
    architecture.kwargs["class_name"]: architecture.name
    for architecture in ARCHITECTURES
    if architecture.module == "braindecode_net"
}

LEFT_OUT = {
    "AttnSleep": "Given normalized_shape",
    "DeepSleepNet": "mat1 and mat2 shapes cannot be multiplied",
    "FBLightConvNet": "float division by zero",
    "SleepStagerBlanco2020": "in_channels must be divisible by groups",
    "SignalJEPA": "chs_info not specified",  # with electrode positions, its output is one vector per channel
    "SignalJEPA_Contextual": "chs_info not specified",  # with electrode positions, its decoder has no gradient
}
"""Error of every other net of braindecode for 129 channels, 200 samples and 1 output."""


def snake_case(name):
    """Registry name of a class name, by the rule in CONTRIBUTING.md."""
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
def test_the_rule_gives_these_names(name, expected):
    assert snake_case(name) == expected


def test_every_registered_name_follows_the_rule():
    assert {name: snake_case(name) for name in ADMITTED} == ADMITTED


def test_every_net_of_braindecode_is_registered_or_raises_a_known_error():
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
def test_an_unregistered_net_raises_its_error(name):
    with pytest.raises((RuntimeError, ValueError, ZeroDivisionError), match=LEFT_OUT[name]):
        getattr(models, name)(n_chans=129, n_times=200, n_outputs=1, sfreq=100)(torch.zeros(2, 129, 200))


@torch.inference_mode()
def test_our_eegnex_equals_braindecodes_on_standardised_windows():
    ours = find_architecture("eegnex", 1).build({}).eval()
    theirs = models.EEGNeX(n_chans=129, n_times=200, n_outputs=1, sfreq=100).eval()
    theirs.load_state_dict(ours.net.state_dict())
    X = torch.randn(4, 129, 200, generator=torch.Generator().manual_seed(0)) * 1e-5
    assert torch.equal(ours(X), theirs(Standardise()(X)))
