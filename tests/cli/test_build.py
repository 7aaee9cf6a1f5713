"""``subpack build`` as it is typed."""

import zipfile

import pytest
import torch
from click.testing import CliRunner

from model_zoo.registry import find_architecture
from submission_builder.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Types a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, list(map(str, args)))


def flat(text):
    return " ".join(text.split())


def test_a_dry_run_lists_entries_and_sizes_and_writes_nothing(run, tmp_path):
    result = run("build", "--c1", "cnn", "--c2", "constant:0", "--dry-run")
    assert result.exit_code == 0
    assert "submission.zip would hold" in result.output
    assert list(tmp_path.iterdir()) == []
    run("build", "--c1", "cnn", "--c2", "constant:0")
    with zipfile.ZipFile("submission.zip") as archive:
        for entry in archive.infolist():
            assert any(entry.filename in line and f"{entry.file_size:,}" in line for line in result.output.splitlines())


def test_weights_without_a_card_are_taken_and_it_says_for_what(run):
    torch.save({"model_state_dict": find_architecture("tcn", 1).build({}).state_dict(), "epoch": 3}, "best.pth")
    result = run("build", "--c1", "best.pth", "--c2", "constant:-0.09", "--c1-wrap", "clamp:0.5,2.5")
    assert result.exit_code == 0
    assert "note: best.pth: taken for tcn, by the names and shapes of its tensors." in flat(result.output)
    assert "note: left out of it: epoch." in flat(result.output)
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
        (("--c1", "cnn"), "Missing option '--c2'; both challenges are needed, or a RECIPE.toml"),
        (("recipe.toml", "--c1", "cnn"), "RECIPE.toml says the nets"),
        (("recipe.toml", "--c2-wrap", "clamp:0,1"), "RECIPE.toml says the nets"),
    ],
)
def test_flags_and_recipe_exclude_each_other(run, args, message):
    result = run("build", *args)
    assert result.exit_code == 2
    assert message in flat(result.output)


def test_a_wrapper_that_is_not_there_is_explained(run):
    result = run("build", "--c1", "cnn", "--c1-wrap", "clampp:0,1", "--c2", "constant:0")
    assert result.exit_code == 1
    assert "there is no wrapper 'clampp'" in flat(result.output)
