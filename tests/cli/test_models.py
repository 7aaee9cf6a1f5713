"""``subpack models``: the zoo as a table, as JSON, and a net layer by layer."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from model_zoo.registry import ARCHITECTURES, find_architecture
from model_zoo.shipped import weights_folder
from model_zoo.summary import layers
from submission_builder.cli import main


def run(*args, columns=120):
    return CliRunner().invoke(main, ["models", *args], env={"COLUMNS": str(columns)})


@pytest.fixture(scope="module")
def listed():
    return json.loads(run("--json").stdout)


def test_every_row_of_the_registry_is_listed_once(listed):
    pairs = [(one["name"], challenge) for one in listed for challenge in one["challenges"]]
    assert sorted(pairs) == sorted((row.name, row.challenge) for row in ARCHITECTURES)


def test_a_net_that_differs_by_challenge_is_listed_twice(listed):
    said = [(one["challenges"], one["parameters"], one["tags"]) for one in listed if one["name"] == "cnn"]
    assert said == [([1], 74_753, ["c1-demo"]), ([2], 64_001, ["c2-demo"])]


def test_an_entry_says_where_its_net_is_described_and_what_it_costs(listed):
    assert all(one["source"] for one in listed)
    assert next(one for one in listed if one["name"] == "cnn" and one["challenges"] == [2]) == {
        "name": "cnn",
        "parameters": 64_001,
        "multiply_adds": 3_868_184,
        "receptive_field": 23,
        "latency_ms": None,
        "challenges": [2],
        "tags": ["c2-demo"],
        "shipped": [
            {
                "tag": "c2-demo",
                "challenge": 2,
                "nrmse": 0.82038,
                "interval": [0.6304762397111153, 1.0609180488258223],
                "release": "SIMULATED-demo-1",
                "simulated": True,
            }
        ],
        "travels": True,
        "needs": None,
        "source": "a plain CNN",
    }


def test_a_net_that_does_not_travel_says_why(listed):
    needs = {one["name"]: one["needs"] for one in listed if not one["travels"]}
    assert needs == {row.name: row.exempt["torch alone"] for row in ARCHITECTURES if "torch alone" in row.exempt}
    assert "runs on the server as published: no, it reads a shape through numpy" in run("eeg_conformer").stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_has_a_line_for_each_net_and_cuts_nothing_off(listed, columns):
    lines = run(columns=columns).stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert not any("…" in line for line in lines)
    for one in listed:
        name = one["name"] if one["travels"] else f"{one['name']}*"
        sees = one["receptive_field"] or ("all" if one["receptive_field"] is None else 0)
        expected = [name, *", ".join(map(str, one["challenges"])).split(), f"{one['parameters']:,}"]
        expected += [f"{one['multiply_adds'] / 1e6:,.1f}", str(sees)]
        assert any(line.split()[: len(expected)] == expected for line in lines), expected


def test_the_score_of_shipped_weights_stands_with_its_interval_and_the_word_simulated():
    said = run("--challenge", "2", columns=80).stdout
    assert "SIMULATED · shipped weights" in said
    assert "0.82038  0.630 to 1.061  SIMULATED-demo-1" in said
    assert "c1-demo" not in said


def test_weights_without_a_test_score_show_that_of_the_side_that_chose_the_epoch(tmp_path, monkeypatch):
    card = json.loads((weights_folder() / "cnn.c2-demo.json").read_text())
    del card["scores"]["test"]
    (tmp_path / "cnn.c2-demo.json").write_text(json.dumps(card))
    monkeypatch.setattr("model_zoo.figures.weights_folder", lambda: tmp_path)
    (one,) = json.loads(run("cnn", "--challenge", "2", "--json").stdout)
    assert one["shipped"][0]["nrmse"] == card["scores"]["val"]["nrmse"]
    assert "SIMULATED · the side that chose the epoch" in run("cnn", "--challenge", "2").stdout


def test_the_table_needs_neither_torch_nor_mne():
    program = "import sys; from submission_builder.cli import main; main(['models'], standalone_mode=False); "
    program += "assert not {'torch', 'mne', 'braindecode'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_nets_are_timed_where_that_is_asked_for():
    (one,) = json.loads(run("cnn", "--challenge", "1", "--measure", "--json").stdout)
    assert list(one["latency_ms"]) == ["1", "64"]
    assert min(one["latency_ms"].values()) > 0
    assert "ms for 64 window(s) on this machine" in run("constant", "--measure").stdout


def test_one_challenge_can_be_asked_for():
    said = json.loads(run("cnn", "--challenge", "2", "--json").stdout)
    assert [one["parameters"] for one in said] == [64_001]


def test_a_net_is_shown_layer_by_layer():
    said = run("attn").stdout
    assert "attention.qkv" in said
    assert "batch × 50 × 192" in said
    assert "parameters: 91,521\nmultiply-adds: 5,165,472 for one window" in said
    assert "source: Vaswani et al. (2017)" in said


def test_layers_come_in_the_order_of_the_calls_with_the_shapes_of_the_net():
    said = [
        (layer.kind, layer.shape) for layer in layers(find_architecture("tcn", 1).build({})) if layer.kind != "ReLU"
    ]
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
