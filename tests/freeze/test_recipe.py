"""Resolving names and paths of nets."""

import shutil

import pytest
import torch

from model_zoo.registry import find_architecture
from model_zoo.shipped import weights_folder
from submission_builder.base.errors import CheckpointError, RecipeError
from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.recipe_file import read_recipe
from submission_builder.freeze.spec import parse_model

CONSTANT = "constant:0"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def first_member(net, weights=()):
    return resolve({1: parse_model(net, weights), 2: CONSTANT})[1].members[0]


def save_tcn(path):
    torch.save(find_architecture("tcn", 1).build({}).state_dict(), path)


@pytest.mark.parametrize("name", ["cnn", "cnn.c1-demo", "constant:1"])
def test_an_existing_file_has_precedence_over_an_architecture(folder, name):
    save_tcn(folder / name)
    for net in (name, f"./{name}", str(folder / name)):
        member = first_member(net)
        assert member.source.label == "tcn"
        assert member.weights.path.name == name
    if name == "cnn":
        assert "cnn: the file is used, not the architecture of that name" in first_member("cnn").notes


def test_an_existing_file_has_precedence_in_a_sum_and_in_a_recipe(folder):
    (folder / "mine").mkdir()
    save_tcn(folder / "cnn")
    save_tcn(folder / "mine" / "attn")
    (folder / "mine" / "recipe.toml").write_text('c1 = "attn+constant:1"\nc2 = "cnn"')
    members = resolve({1: "cnn:0.4+lightweight_attn:0.6", 2: CONSTANT})[1].members
    assert [member.source.label for member in members] == ["tcn", "lightweight_attn"]
    models = resolve(read_recipe(folder / "mine" / "recipe.toml").models)
    assert models[1].members[0].weights.path == folder / "mine" / "attn"
    assert models[2].members[0].label == "cnn.c2-demo", "the file cnn lies in another folder"


def test_a_file_that_hides_an_architecture_and_holds_no_weights_is_refused(folder):
    (folder / "cnn").write_text("a log")
    with pytest.raises(CheckpointError, match="cnn cannot be loaded as weights") as caught:
        first_member("cnn")
    assert caught.value.hint == "to name the architecture cnn, build in another folder or rename the file"


@pytest.mark.parametrize("make", ["folder", "other files"])
def test_a_folder_or_another_file_does_not_hide_an_architecture(folder, make):
    if make == "folder":
        (folder / "cnn").mkdir()
    else:
        save_tcn(folder / "cnn.pt")
        save_tcn(folder / "CNN.bin")
    assert first_member("cnn").label == "cnn.c1-demo"


@pytest.mark.parametrize("name", ["a+b.pt", "fold:1.pt", "weights", "epoch=3-loss=0.1.ckpt"])
def test_any_name_of_an_existing_file_is_a_path(folder, name):
    save_tcn(folder / name)
    assert first_member(name).source.label == "tcn"


@pytest.mark.parametrize(
    ("net", "message", "hint"),
    [
        ("weights_challenge1.pt", "does not exist", "did you mean weights_challenge_1.pt?"),
        ("runs/cnn", "does not exist, nor does the folder runs", None),
        ("./cnn", "does not exist", None),
        ("link.pt", r"is a link whose target is missing \(gone\.pt\)", None),
        ("link", r"is a link whose target is missing \(gone\.pt\)", None),
        ("annexed.pt", "is a link whose target is missing", "datalad get annexed.pt"),
        ("pointer.pt", "is a Git LFS pointer", "git lfs pull"),
        ("./folder", "is a folder", None),
    ],
)
@pytest.mark.parametrize("own", [False, True], ids=["alone", "of a named net"])
def test_a_path_without_weights_is_refused(folder, net, message, hint, own):
    save_tcn(folder / "weights_challenge_1.pt")
    (folder / "folder").mkdir()
    for name in ("link.pt", "link"):
        (folder / name).symlink_to("gone.pt")
    (folder / "annexed.pt").symlink_to(".git/annex/objects/a/b/MD5E-s1--0.pt")
    (folder / "pointer.pt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(CheckpointError, match=message) as caught:
        first_member("cnn", [folder.__class__(net)]) if own else first_member(net)
    assert caught.value.hint == hint


def test_a_pointer_beside_a_card_is_named_as_such(folder):
    """The digest of the card would differ, too."""
    shutil.copy(weights_folder() / "cnn.c1-demo.json", folder / "cnn.c1-demo.json")
    (folder / "cnn.c1-demo.pt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(CheckpointError, match="is a Git LFS pointer"):
        first_member("cnn.c1-demo.pt")


@pytest.mark.parametrize(
    ("name", "hint"), [("net.py", "name a class of it: net.py:CLASS"), ("submission.zip", None), ("c1.toml", None)]
)
def test_an_existing_file_of_another_kind_is_refused(folder, name, hint):
    """In a sum, an ensemble's file is no net either."""
    (folder / name).touch()
    with pytest.raises(RecipeError, match="is not a file of weights") as caught:
        first_member(f"{name}+cnn")
    assert caught.value.hint == hint
