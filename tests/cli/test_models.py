"""``subpack models``: the zoo as a table, as JSON, and a net layer by layer."""

import json
import logging

import pytest
from click.testing import CliRunner

from model_zoo.registry import ARCHITECTURES, architecture
from model_zoo.summary import layers
from submission_builder.cli import main


def run(*args):
    return CliRunner().invoke(main, ["models", *args], env={"COLUMNS": "120"})


@pytest.fixture(scope="module")
def listed():
    """Without what braindecode logs through MNE, which goes to standard output where pytest listens, and only there."""
    logger = logging.getLogger("mne")
    level = logger.level
    logger.setLevel(logging.ERROR)
    said = run("--json").stdout
    logger.setLevel(level)
    return json.loads(said)


def test_every_row_of_the_registry_is_listed_once(listed):
    pairs = [(one["name"], challenge) for one in listed for challenge in one["challenges"]]
    assert sorted(pairs) == sorted((row.name, row.challenge) for row in ARCHITECTURES)


def test_a_net_that_differs_by_challenge_is_listed_twice(listed):
    said = [(one["challenges"], one["parameters"], one["tags"]) for one in listed if one["name"] == "cnn"]
    assert said == [([1], 74_753, ["c1-demo"]), ([2], 64_001, ["c2-demo"])]


def test_an_entry_says_where_its_net_is_described(listed):
    assert all(one["source"] for one in listed)
    assert next(one for one in listed if one["name"] == "eegnex") == {
        "name": "eegnex",
        "parameters": 62_353,
        "challenges": [1, 2],
        "tags": [],
        "source": "Chen et al. (2024)",
    }


def test_the_table_has_a_line_for_each_net(listed):
    said = run().stdout
    assert all(f" {one['name']} " in said and f" {one['parameters']:,} " in said for one in listed)


def test_one_challenge_can_be_asked_for():
    said = json.loads(run("cnn", "--challenge", "2", "--json").stdout)
    assert [one["parameters"] for one in said] == [64_001]


def test_a_net_is_shown_layer_by_layer():
    said = run("attn").stdout
    assert "attention.qkv" in said
    assert "batch × 50 × 192" in said
    assert "91,521 parameters in all; source: Vaswani et al. (2017)" in said


def test_layers_come_in_the_order_of_the_calls_with_the_shapes_of_the_net():
    said = [(layer.kind, layer.shape) for layer in layers(architecture("tcn", 1).build({})) if layer.kind != "ReLU"]
    assert said[:2] == [("Standardise", (1, 129, 200)), ("CausalConv1d", (1, 48, 200))]
    assert said[-1] == ("Linear", (1, 1))


@pytest.mark.parametrize("name", ["attn", "tcn", "sparse_attn_large", "constant"])
def test_the_layers_of_our_nets_hold_all_their_parameters(name):
    one = json.loads(run(name, "--json").stdout)[0]
    assert sum(layer["parameters"] for layer in one["layers"]) == one["parameters"]


@pytest.mark.parametrize(
    ("name", "hint"), [("eegnet", "did you mean eeg_net?"), ("xyzzy", "subpack models lists them")]
)
def test_a_name_that_is_not_there_is_explained(name, hint):
    result = run(name)
    assert result.exit_code == 1
    assert f"error: there is no architecture '{name}'" in result.stderr
    assert f"hint: {hint}" in result.stderr
