"""A recipe that is stored: absolute paths, and the files of the user."""

import json
from pathlib import Path

import pytest

from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.spec import ModelSpec, NetSpec, parse_model
from submission_builder.freeze.stored_recipe import from_json, input_digests, to_json


@pytest.mark.parametrize(
    ("net", "stored"),
    [
        ("cnn", "cnn"),
        ("cnn.c1-demo", "cnn.c1-demo"),
        ("constant:1.6", "constant:1.6"),
        ("braindecode.models:EEGNeX", "braindecode.models:EEGNeX"),
        ("./best.pt", "{folder}/best.pt"),
        ("sub/net.py:Net", "{folder}/sub/net.py:Net"),
        ("./package:Net", "{folder}/package:Net"),
        ("/abs/net.py:Net", "/abs/net.py:Net"),
    ],
)
def test_paths_become_absolute_and_names_stay(net, stored, tmp_path, monkeypatch):
    """A file that has the name of an architecture by now does not change what the recipe meant."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cnn").touch()
    content = to_json({1: ModelSpec((NetSpec(net),), (1.0,))}, half=False)
    assert content["challenges"]["1"]["nets"][0]["net"] == stored.format(folder=tmp_path)


def test_a_recipe_survives_json(tmp_path):
    net = NetSpec("/a/net.py:Net", Path("/a/w.pt"), {"width": 3}, stateful=True, data=("R1",), pretrained=("P",))
    models = {1: ModelSpec((net, NetSpec("cnn")), (0.25, 0.75), ("clamp:0,1",)), 2: parse_model("constant:0")}
    stored = from_json(json.loads(json.dumps(to_json(models, half=True))))
    assert (stored.models, stored.half) == (models, True)


def test_the_inputs_are_the_users_files_and_not_ours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("from torch import nn\nimport part\n\nclass Net(nn.Module):\n    pass\n")
    (tmp_path / "part.py").touch()
    found = input_digests(resolve({1: "net.py:Net+cnn", 2: "constant:0"}))
    assert list(found) == [str(tmp_path / "net.py"), str(tmp_path / "part.py")]
    assert found[str(tmp_path / "part.py")] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
