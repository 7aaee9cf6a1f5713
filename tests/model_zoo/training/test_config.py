"""Settings of a training run, and the shipped configs."""

import pytest

from model_zoo.registry import ARCHITECTURES, find_architecture
from model_zoo.training.config import read_config, run_config, shipped_configs
from submission_builder.base.errors import ConfigError

REQUIRED = {"architecture": "cnn", "challenge": 1, "train": ["R1"]}


def test_every_own_net_has_a_shipped_config():
    own = {
        architecture.name
        for architecture in ARCHITECTURES
        if architecture.module == architecture.name and architecture.value is None
    }
    assert own <= set(shipped_configs())


@pytest.mark.parametrize("name", shipped_configs())
def test_a_shipped_config_is_named_after_its_architecture_and_builds_it(name):
    settings = read_config(name)
    assert settings["architecture"] == name
    config = run_config({"challenge": 1, "train": ["R1"]} | settings, name)
    find_architecture(name, config.challenge).build(config.net)


def test_the_config_of_lightweight_attn_is_conservative():
    config = run_config(REQUIRED | read_config("lightweight_attn"), "it")
    assert (config.net["n_heads"], config.batch_size, config.lr, config.weight_decay) == (4, 32, 1e-3, 1e-4)
    assert (config.epochs, config.patience) == (50, 10)


def test_the_message_lists_all_invalid_keys_and_the_hint_suggests_a_near_miss():
    with pytest.raises(ConfigError) as caught:
        run_config({"architecture": "cnn", "challenge": 3, "epoch": 5, "lr": float("nan")}, "config mine.toml")
    assert str(caught.value).splitlines() == [
        "config mine.toml is invalid",
        "  challenge is 3; input should be less than or equal to 2",
        "  key epoch is unknown",
        "  key train is missing",
        "  lr is nan; input should be a finite number",
    ]
    assert caught.value.hint == "for epoch, did you mean epochs?"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"folds": 5, "val": "R5"}, "folds and val cannot be combined"),
        ({"batch_size": 32, "devices": 3}, "batch_size 32 cannot be divided among 3 processes"),
        ({"batch_size": 2, "devices": 2}, "batch_size 2 cannot be divided among 2 processes: .* at least 2"),
    ],
)
def test_settings_that_contradict_each_other_raise(settings, message):
    with pytest.raises(ConfigError, match=message):
        run_config(REQUIRED | settings, "the run")


def test_a_config_that_does_not_exist_or_is_not_toml_raises(tmp_path):
    with pytest.raises(ConfigError, match="config lightweight_atn does not exist") as caught:
        read_config("lightweight_atn")
    assert caught.value.hint == "did you mean lightweight_attn?"
    path = tmp_path / "c.toml"
    path.write_text("epochs = = 3")
    with pytest.raises(ConfigError, match=r"c\.toml is not valid TOML"):
        read_config(str(path))


def test_a_card_has_every_setting_and_folders_without_their_parents():
    card = run_config(REQUIRED | {"train": ["/home/me/R1", "R2"], "test": "/data/R5"}, "it").card()
    assert (card["train"], card["val"], card["test"]) == (["R1", "R2"], None, "R5")
    assert set(card) == set(run_config(REQUIRED, "it").model_dump())
