"""One table of settings: the TOML file, the flags and the card."""

import pytest

from model_zoo.registry import ARCHITECTURES, find_architecture
from model_zoo.training.config import read_config, run_config, shipped_configs
from submission_builder.base.errors import ConfigError

LEAST = {"architecture": "cnn", "challenge": 1, "train": ["R1"]}


def test_every_own_net_has_a_shipped_config():
    own = {row.name for row in ARCHITECTURES if row.module == row.name and row.value is None}
    assert own <= set(shipped_configs())


@pytest.mark.parametrize("name", shipped_configs())
def test_a_shipped_config_trains_the_net_that_it_is_called_by(name):
    settings = read_config(name)
    assert settings["architecture"] == name
    config = run_config({"challenge": 1, "train": ["R1"]} | settings, name)
    find_architecture(name, config.challenge).build(config.net)


def test_the_conservative_config_is_what_it_is_called():
    config = run_config(LEAST | read_config("lightweight_attn"), "it")
    assert (config.net["n_heads"], config.batch_size, config.lr, config.weight_decay) == (4, 32, 1e-3, 1e-4)
    assert (config.epochs, config.patience) == (50, 10)


def test_all_faults_are_named_at_once_with_a_near_miss():
    with pytest.raises(ConfigError) as caught:
        run_config({"architecture": "cnn", "challenge": 3, "epoch": 5, "lr": float("nan")}, "config mine.toml")
    assert str(caught.value).splitlines() == [
        "config mine.toml cannot be used",
        "  challenge is 3; input should be less than or equal to 2",
        "  lr is nan; input should be a finite number",
        "  there is no key epoch",
        "  train is missing",
    ]
    assert caught.value.hint == "for epoch, did you mean epochs?"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"folds": 5, "val": "R5"}, "folds and val cannot both be given"),
        ({"batch_size": 32, "devices": 3}, "batch_size 32 cannot be shared by 3 processes"),
        ({"batch_size": 2, "devices": 2}, "each takes the same number, 2 or more"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        run_config(LEAST | settings, "the run")


def test_a_config_that_is_not_there_is_refused_with_a_near_miss(tmp_path):
    with pytest.raises(ConfigError, match="there is no config lightweight_atn") as caught:
        read_config("lightweight_atn")
    assert caught.value.hint == "did you mean lightweight_attn?"
    path = tmp_path / "c.toml"
    path.write_text("epochs = = 3")
    with pytest.raises(ConfigError, match=r"c\.toml is not TOML"):
        read_config(str(path))


def test_a_card_keeps_every_setting_and_of_folders_only_their_names():
    card = run_config(LEAST | {"train": ["/home/me/R1", "R2"], "test": "/data/R5"}, "it").card()
    assert (card["train"], card["val"], card["test"]) == (["R1", "R2"], None, "R5")
    assert set(card) == set(run_config(LEAST, "it").model_dump())
