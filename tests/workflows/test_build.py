"""The verb build."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from model_zoo.registry import find_architecture
from model_zoo.shipped import weights_folder
from submission_builder.base.errors import BuildError, CheckpointError, OutputError, RecipeError
from submission_builder.workflows.build import build, require_reproduction

NETS = {"c1": "lightweight_attn+cnn", "c2": "constant:-0.09"}

NET = """
import os, sys
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        {body}
        return x[:, 0, :1] * 0 + 1.6
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(**NETS, output=tmp_path_factory.mktemp("built") / "a.zip")


def test_the_result_describes_the_zip(built):
    content = built.path.read_bytes()
    assert built.written
    assert built.sha256 == hashlib.sha256(content).hexdigest()
    assert built.md5 == hashlib.md5(content).hexdigest()  # noqa: S324 - the server's digest
    with zipfile.ZipFile(built.path) as archive:
        assert built.entries == {entry.filename: entry.file_size for entry in archive.infolist()}
        assert json.loads(archive.read("manifest.json")) == json.loads(json.dumps(built.manifest))
    assert built.size == sum(built.entries.values())
    assert [path.name for path in built.path.parent.iterdir()] == ["a.zip"]


def test_the_result_can_be_written_as_json(built):
    content = json.loads(json.dumps(built.to_dict()))
    assert content["path"] == str(built.path)
    assert content["sha256"] == built.sha256
    assert content["manifest"]["schema"] == built.manifest["schema"]
    assert content.keys() == {
        *("schema", "subpack", "path", "written", "sha256", "md5", "entries", "notes", "half_effect", "manifest"),
        *("recipe", "inputs"),
    }


def test_the_result_cannot_be_changed(built):
    with pytest.raises(AttributeError):
        built.written = False


def test_a_notebook_shows_a_table(built):
    page = built._repr_html_()
    assert page.startswith("<pre")
    for text in ("cnn.py", f"{built.entries['cnn.py']:,}", built.sha256):
        assert text in page


def test_a_dry_run_describes_the_same_zip_and_writes_nothing(built, folder):
    planned = build(**NETS, dry_run=True)
    assert (planned.path, planned.written, planned.sha256, planned.md5) == (Path("submission.zip"), False, None, None)
    assert planned.entries == built.entries
    assert planned.manifest == built.manifest
    assert list(folder.iterdir()) == []


def test_the_default_output_is_submission_zip(folder):
    assert build(c1="constant:1.6", c2="constant:0").path == Path("submission.zip")
    assert zipfile.is_zipfile("submission.zip")


def test_half_precision_reports_the_change_of_the_golden_predictions():
    planned = build(c1="lightweight_attn", c2="constant:0", half=True, dry_run=True)
    assert 0 < planned.half_effect[1] < 1e-2
    assert planned.half_effect[2] == 0
    assert planned.to_dict()["half_effect"].keys() == {"1", "2"}
    assert planned.manifest["precision"] == "half"


def save_linear(path, seed=0):
    torch.manual_seed(seed)
    torch.save({f"layer.{name}": one for name, one in torch.nn.Linear(200, 1).state_dict().items()}, path)
    return path


OWN = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(200, 1)

    def forward(self, x):
        return self.layer(x * 1e5).mean(1)
"""


@pytest.mark.parametrize("weights", ["w.pt", Path("w.pt"), ["w.pt"], (Path("w.pt"), "w2.pt")])
@pytest.mark.parametrize("wrap", ["clamp:0.5,2.5", ["clamp:0.5,2.5"], ("shrink:0.9,1.6", "clamp:0.5,2.5")])
def test_weights_and_wrappers_may_be_one_or_several(folder, weights, wrap):
    (folder / "own.py").write_text(OWN)
    save_linear(folder / "w.pt")
    save_linear(folder / "w2.pt", seed=1)
    planned = build(c1="own.py:Net", c2="cnn", c1_weights=weights, c1_wrap=wrap, dry_run=True)
    model = planned.manifest["challenges"]["1"]
    assert len(model["members"]) == (2 if isinstance(weights, tuple) else 1)
    assert [wrapper["class"] for wrapper in model["wrappers"]][-1:] == ["Clamp"]


def test_a_net_may_be_a_path_of_weights_or_of_an_ensemble(folder):
    (folder / "runs").mkdir()
    for suffix in (".pt", ".json"):
        shutil.copy(weights_folder() / f"cnn.c1-demo{suffix}", folder / "runs" / f"cnn.c1-demo{suffix}")
    (folder / "c1.toml").write_text('members = [{net = "runs/cnn.c1-demo.pt"}, {net = "constant:1"}]')
    for net in ("runs/cnn.c1-demo.pt", Path("runs/cnn.c1-demo.pt"), folder / "runs" / "cnn.c1-demo.pt"):
        members = build(c1=net, c2="constant:0", dry_run=True).manifest["challenges"]["1"]["members"]
        assert [member["trained"]["tag"] for member in members] == ["c1-demo"]
    for net in ("c1.toml", Path("c1.toml"), folder / "c1.toml"):
        members = build(c1=net, c2="constant:0", dry_run=True).manifest["challenges"]["1"]["members"]
        assert [member["architecture"] for member in members] == ["cnn", "constant"]


def test_a_path_object_is_never_the_name_of_an_architecture(folder):
    with pytest.raises(CheckpointError, match="cnn does not exist"):
        build(c1=Path("cnn"), c2="cnn", dry_run=True)
    torch.save(find_architecture("tcn", 1).build({}).state_dict(), "cnn")
    planned = build(c1=Path("cnn"), c2="constant:0", dry_run=True)
    assert planned.manifest["challenges"]["1"]["members"][0]["architecture"] == "tcn"


def test_a_recipe_file_states_nets_output_and_precision(folder):
    (folder / "recipe.toml").write_text('c1 = "constant:1.6"\nc2 = "cnn"\noutput = "mine.zip"\nhalf = true')
    for recipe in ("recipe.toml", Path("recipe.toml")):
        planned = build(recipe, dry_run=True)
        assert (planned.path, planned.manifest["precision"]) == (Path("mine.zip"), "half")
    assert build("recipe.toml", output="other.zip", dry_run=True).path == Path("other.zip")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"c1": "cnn"}, "c2 is missing"),
        ({"c2": "cnn"}, "c1 is missing"),
        ({}, "c1 is missing"),
        ({"c1": "", "c2": "cnn"}, "c1 is missing"),
        ({"recipe": "recipe.toml", "c1": "cnn"}, "a recipe file states both models"),
        ({"recipe": "recipe.toml", "c2_wrap": "clamp:0,1"}, "a recipe file states both models"),
        ({"recipe": "recipe.toml", "c1_weights": ["w.pt"]}, "a recipe file states both models"),
        ({"c1": "c1.toml", "c2": "cnn", "c1_weights": "w.pt"}, r"c1\.toml states its weights"),
    ],
)
def test_either_a_recipe_file_or_both_nets_are_expected(arguments, message):
    with pytest.raises(RecipeError, match=message):
        build(**arguments)


def test_an_output_that_cannot_be_written_is_refused_before_any_work(folder):
    """Before the nets are resolved: the architecture does not exist."""
    (folder / "a.zip").write_text("earlier")
    with pytest.raises(OutputError, match=r"a\.zip already exists"):
        build(c1="nowhere", c2="cnn", output="a.zip")
    with pytest.raises(OutputError, match="cannot be written"):
        build(c1="nowhere", c2="cnn", output="gone/a.zip")
    assert (folder / "a.zip").read_text() == "earlier"


def own(folder, body):
    (folder / "reproduced.py").write_text(NET.format(body=body))
    return f"{folder}/reproduced.py:Net"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "if __file__.find('sources') > 0: return x[:, 0, :1] * 0 + 2",
            r"no zip was written: for golden window 0, challenge 1 predicts 2 in a clean process, and 1\.6",
        ),
        (
            "open(os.path.dirname(__file__) + '/reproduced.json')",
            "no zip was written, as its submission fails in a clean process: challenge 1",
        ),
        ("__import__('beside')", "fails in a clean process: .*No module named 'beside'"),
    ],
)
def test_a_zip_that_a_clean_process_does_not_reproduce_is_not_kept(tmp_path, body, message):
    """An earlier zip of that name is kept."""
    (tmp_path / "reproduced.json").touch()
    (tmp_path / "beside.py").touch()
    (tmp_path / "a.zip").write_text("earlier")
    with pytest.raises(BuildError, match=message):
        build(c1=own(tmp_path, body), c2="constant:0", output=tmp_path / "a.zip", force=True)
    assert (tmp_path / "a.zip").read_text() == "earlier"
    assert not list(tmp_path.glob(".*"))


def test_each_golden_prediction_is_compared(built):
    golden = {int(number): predictions for number, predictions in built.manifest["golden"]["predictions"].items()}
    golden[2] = [*golden[2][:-1], -0.0901]
    with pytest.raises(BuildError, match=r"golden window 3, challenge 2 predicts -0\.09.* and -0\.0901 in the process"):
        require_reproduction(built.path, golden)
