"""``subpack models``: the zoo as a table, as JSON, and a net layer by layer."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from submission_builder.cli import main
from submission_builder.workflows.models import models


def run(*args, columns=120):
    return CliRunner().invoke(main, ["models", *args], env={"COLUMNS": str(columns)})


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_has_a_line_for_each_net_and_cuts_nothing_off(columns):
    lines = run(columns=columns).stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert not any("…" in line for line in lines)
    for model in models().models:
        name = f"{model.name}*" if model.needs else model.name
        field = "all" if model.receptive_field is None else str(model.receptive_field)
        expected = [name, *", ".join(map(str, model.challenges)).split(), f"{model.parameters:,}"]
        expected += [f"{model.multiply_adds / 1e6:,.1f}", field]
        assert any(line.split()[: len(expected)] == expected for line in lines), expected


def test_the_score_of_shipped_weights_is_printed_with_its_interval_and_the_word_simulated():
    printed = run("--challenge", "2", columns=80).stdout
    assert "SIMULATED · shipped weights" in printed
    assert "0.82038  0.582 to 1.156  SIMULATED-demo-1" in printed
    assert "c1-demo" not in printed


def test_json_is_the_dictionary_of_the_result():
    assert json.loads(run("--json").stdout) == models().to_dict()
    assert json.loads(run("attn", "--challenge", "1", "--json").stdout) == models("attn", challenge=1).to_dict()


def test_listing_the_zoo_imports_neither_torch_nor_mne():
    program = "import sys; from submission_builder.cli import main; main(['models'], standalone_mode=False); "
    program += "assert not {'torch', 'mne', 'braindecode'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_measured_latencies_are_printed():
    assert "ms for 64 windows on this machine" in run("constant", "--measure").stdout
    assert list(json.loads(run("cnn", "--measure", "--json").stdout)["models"][0]["latency_ms"]) == ["1", "64"]


def test_a_net_is_printed_layer_by_layer_with_its_figures():
    printed = run("attn").stdout
    assert "attention.qkv" in printed
    assert "batch × 50 × 192" in printed
    assert "parameters: 91,521\nmultiply-adds: 5,165,472 per window" in printed
    assert "source: Vaswani et al. (2017)" in printed


def test_a_net_that_needs_more_than_torch_gives_the_reason():
    assert "published packages: no, it reads a shape through numpy" in run("eeg_conformer").stdout


def test_an_unknown_name_exits_with_1_and_suggests_a_similar_one():
    result = run("eegnet")
    assert result.exit_code == 1
    assert "error: there is no architecture 'eegnet'\nhint: did you mean eeg_net?" in result.stderr
