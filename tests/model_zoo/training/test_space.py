"""What a search may change: fields of the config and arguments of the net, no field that says who is scored."""

import pytest

from model_zoo.registry import find_architecture
from model_zoo.training.config import run_config
from model_zoo.training.space import Between, OneOf, is_whole, read_space, with_values
from submission_builder.base.errors import ConfigError
from submission_builder.workflows.train.preflight import require_space

SETTINGS = {"architecture": "lightweight_attn", "challenge": 1, "train": ["R1"], "net": {"drop_prob": 0.1}}


def test_ranges_and_choices_are_read_and_values_go_to_their_places():
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
def test_whole_numbers_are_drawn_where_a_field_takes_no_others(key, low, high, whole):
    assert is_whole(key, Between(low=low, high=high)) is whole


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, "says nothing to search"),
        ({}, "says nothing to search"),
        ({"lrr": {"low": 1, "high": 2}}, r"lrr is not searched"),
        ({"seed": {"low": 1, "high": 2}}, r"seed is not searched"),
        ({"val_share": {"low": 0.1, "high": 0.2}}, r"val_share is not searched"),
        ({"net": 3}, r"net is 3; a table \[tune.net\]"),
        ({"lr": 0.1}, r"lr is 0.1; a table of low and high"),
        ({"lr": {"low": 0.1}}, "lr is {'low': 0.1}; a table.*\n  high is missing$"),
        ({"lr": {"low": "a", "high": 1.0, "lg": True}}, r"expected\n  low is 'a'; .* number.*\n  there is no key lg$"),
        ({"lr": {"choices": [0.1]}}, "or of 2 choices or more, is expected"),
        ({"lr": {"low": 0.1, "high": 0.01}}, "low should be below high"),
        ({"noise": {"low": 0.0, "high": 0.1, "log": True}}, "above 0 where log is true"),
        ({"lr": {"low": 0.0, "high": 0.1}}, r"\[tune\] with lr = 0.0, cannot be used\n  lr is 0.0; input should be"),
        ({"loss": {"choices": ["mse", "mae"]}}, "loss is 'mae'"),
        ({"batch_size": {"low": 8.5, "high": 16}}, "batch_size is 8.5"),
    ],
)
def test_what_cannot_be_searched_is_named(table, message):
    with pytest.raises(ConfigError, match=message):
        read_space(table, SETTINGS, "config it")


def test_an_end_that_the_net_does_not_take_is_found_before_the_search():
    space = read_space({"net": {"n_heads": {"choices": [4, 5]}}}, SETTINGS, "it")
    with pytest.raises(ConfigError, match="cannot be built with"):
        require_space(find_architecture("lightweight_attn", 1), run_config(SETTINGS, "it"), space)
