"""``subpack build``."""

import json
import zipfile

import pytest
import torch
from click.testing import CliRunner

from model_zoo.registry import find_architecture
from submission_builder.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, list(map(str, args)))


def flat(text):
    return " ".join(text.split())


def test_a_dry_run_lists_names_and_sizes_and_writes_nothing(run, tmp_path):
    result = run("build", "--c1", "cnn", "--c2", "constant:0", "--dry-run")
    assert result.exit_code == 0
    assert "submission.zip (dry run, not written)" in result.output
    assert list(tmp_path.iterdir()) == []
    run("build", "--c1", "cnn", "--c2", "constant:0")
    with zipfile.ZipFile("submission.zip") as archive:
        for entry in archive.infolist():
            assert any(entry.filename in line and f"{entry.file_size:,}" in line for line in result.output.splitlines())


def test_json_holds_the_result(run, tmp_path):
    result = run("build", "--c1", "cnn", "--c2", "constant:0", "--half", "--json", "built.json")
    assert result.exit_code == 0
    content = json.loads((tmp_path / "built.json").read_text())
    assert content["path"] == "submission.zip"
    assert content["sha256"] in result.output
    assert f"challenge 1 by up to {content['half_effect']['1']:.1e}" in result.output
    assert run("build", "--c1", "cnn", "--c2", "cnn", "--json", "gone/built.json", "--force").exit_code == 1


def test_notes_name_the_recognised_architecture_and_everything_that_is_not_packed(run):
    torch.save({"model_state_dict": find_architecture("tcn", 1).build({}).state_dict(), "epoch": 3}, "best.pth")
    result = run("build", "--c1", "best.pth", "--c2", "constant:-0.09", "--c1-wrap", "clamp:0.5,2.5")
    assert result.exit_code == 0
    assert "note: best.pth: recognised as tcn by the names and shapes of its tensors." in flat(result.output)
    assert "note: best.pth: not packed: epoch." in flat(result.output)
    assert "note: best.pth: nothing is known of its training." in flat(result.output)


NET = """
from torch import nn
from parts.scale import VOLTS

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(200, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, x):
        return self.layers(x / VOLTS).mean(1)
"""


def test_a_recipe_packs_an_own_net_that_passes_the_checks(run, tmp_path):
    (tmp_path / "mine" / "parts").mkdir(parents=True)
    (tmp_path / "mine" / "parts" / "scale.py").write_text("VOLTS = 1e-5\n")
    (tmp_path / "mine" / "net.py").write_text(NET)
    net = torch.nn.Sequential(torch.nn.Linear(200, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    torch.save({f"layers.{name}": tensor for name, tensor in net.state_dict().items()}, tmp_path / "mine" / "w.pt")
    (tmp_path / "mine" / "recipe.toml").write_text("""
        c2 = "constant:-0.09"
        output = "../mine.zip"
        [c1]
        net = "net.py:Net"
        weights = "w.pt"
        kwargs = { width = 3 }
        data = ["HBN-EEG R1"]
    """)
    result = run("build", "mine/recipe.toml")
    assert result.exit_code == 0, result.output
    assert "sources/parts/scale.py" in result.output
    assert "nothing is known" not in result.output
    assert run("check", "--select", "S0", "--select", "S1", "mine.zip").exit_code == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--c1", "cnn"), "Missing option '--c2'; nets for both challenges, or a RECIPE.toml, are expected"),
        (("recipe.toml", "--c1", "cnn"), "RECIPE.toml states both models"),
        (("recipe.toml", "--c2-wrap", "clamp:0,1"), "RECIPE.toml states both models"),
    ],
)
def test_flags_and_recipe_exclude_each_other(run, args, message):
    result = run("build", *args)
    assert result.exit_code == 2
    assert message in flat(result.output)


def test_an_unknown_wrapper_ends_with_exit_code_1(run):
    result = run("build", "--c1", "cnn", "--c1-wrap", "clampp:0,1", "--c2", "constant:0")
    assert result.exit_code == 1
    assert "there is no wrapper 'clampp'" in flat(result.output)
