"""The search space: fields of the config and arguments of the net, no field that sets the split."""

import pytest

from model_zoo.registry import find_architecture
from model_zoo.training.config import run_config
from model_zoo.training.space import Between, OneOf, is_whole, read_space, with_values
from submission_builder.base.errors import ConfigError
from submission_builder.workflows.train.preflight import require_space
from submission_builder.workflows.train.run_spec import RunSpec

SETTINGS = {"architecture": "lightweight_attn", "challenge": 1, "train": ["R1"], "net": {"drop_prob": 0.1}}


def test_ranges_and_choices_are_read_and_their_values_update_the_config():
    table = {
        "lr": {"low": 1e-4, "high": 1e-2, "log": True},
        "batch_size": {"choices": [16, 32]},
        "net": {"n_heads": {"choices": [2, 4]}},
    }
    space = read_space(table, SETTINGS, "it")
    assert space == {
        "lr": Between(low=1e-4, high=1e-2, log=True),
        "batch_size": OneOf(choices=(16, 32)),
        "net.n_heads": OneOf(choices=(2, 4)),
    }
    config = run_config(with_values(SETTINGS, {"lr": 0.002, "batch_size": 16, "net.n_heads": 2}), "it")
    assert (config.lr, config.batch_size, config.net) == (0.002, 16, {"drop_prob": 0.1, "n_heads": 2})


@pytest.mark.parametrize(
    ("key", "low", "high", "whole"),
    [("epochs", 5, 50, True), ("clip", 1, 5, False), ("net.n_heads", 1, 4, True), ("net.drop_prob", 0.0, 0.5, False)],
)
def test_a_range_is_of_integers_if_both_ends_and_the_field_are(key, low, high, whole):
    assert is_whole(key, Between(low=low, high=high)) is whole


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, "has no search space"),
        ({}, "has no search space"),
        ({"lrr": {"low": 1, "high": 2}}, "lrr cannot be searched"),
        ({"seed": {"low": 1, "high": 2}}, "seed cannot be searched"),
        ({"val_share": {"low": 0.1, "high": 0.2}}, "val_share cannot be searched"),
        ({"net": 3}, r"net is 3; expected a table \[tune.net\]"),
        ({"lr": 0.1}, "lr is 0.1; expected a table of low and high"),
        ({"lr": {"low": 0.1}}, r"lr is {'low': 0.1}; .*\n  key high is missing$"),
        ({"lr": {"low": "a", "high": 1.0, "lg": True}}, r"\n  key lg is unknown\n  low is 'a'; .* number"),
        ({"lr": {"choices": [0.1]}}, "at least 2 choices"),
        ({"lr": {"low": 0.1, "high": 0.01}}, "low must be less than high"),
        ({"noise": {"low": 0.0, "high": 0.1, "log": True}}, "greater than 0 if log is true"),
        ({"lr": {"low": 0.0, "high": 0.1}}, r"\[tune\] with lr = 0.0, is invalid\n  lr is 0.0; input should be"),
        ({"loss": {"choices": ["mse", "mae"]}}, "loss is 'mae'"),
        ({"batch_size": {"low": 8.5, "high": 16}}, "batch_size is 8.5"),
    ],
)
def test_an_invalid_search_space_raises_and_the_message_names_the_entry(table, message):
    with pytest.raises(ConfigError, match=message):
        read_space(table, SETTINGS, "config it")


def test_a_value_that_the_net_rejects_is_found_before_the_search():
    space = read_space({"net": {"n_heads": {"choices": [4, 5]}}}, SETTINGS, "it")
    with pytest.raises(ConfigError, match="cannot be built with"):
        require_space(RunSpec(find_architecture("lightweight_attn", 1), run_config(SETTINGS, "it")), space)
