"""The verb rebuild: the same bytes, or the names of the inputs that changed."""

import contextlib
import dataclasses
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

import submission_builder as sb
from model_zoo.registry import find_architecture
from model_zoo.shipped import weights_folder
from submission_builder.ledger.entries import of_build
from submission_builder.ledger.store import append, find_build
from submission_builder.workflows.ledger import rebuild as module

NET = """
from torch import nn
from scale import VOLTS

class Net(nn.Module):
    def __init__(self, width=1):
        super().__init__()
        self.head = nn.Linear(200, width)

    def forward(self, x):
        return self.head(x[:, 0] * VOLTS)
"""

RECIPE = """
[c1]
wrap = ["clamp:0.5,2.5"]
[[c1.members]]
net = "net.py:Net"
weights = "net.pt"
kwargs = { width = 1 }
share = 0.25
[[c1.members]]
net = "runs/cnn.c1-demo.pt"
share = 0.75
[c2]
net = "tcn"
weights = "tcn.pth"
"""


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A folder with a recipe, own sources, and weights with and without a card."""
    folder = tmp_path_factory.mktemp("rebuild") / "project"
    (folder / "runs").mkdir(parents=True)
    (folder / "recipe.toml").write_text(RECIPE)
    (folder / "net.py").write_text(NET)
    (folder / "scale.py").write_text("VOLTS = 1e4\n")
    torch.save({"head.weight": torch.zeros(1, 200), "head.bias": torch.ones(1)}, folder / "net.pt")
    torch.save({"state_dict": find_architecture("tcn", 2).build({}).state_dict(), "epoch": 3}, folder / "tcn.pth")
    for path in weights_folder().glob("cnn.c1-demo.*"):
        shutil.copy(path, folder / "runs" / path.name)
    shutil.copytree(folder, folder.with_name("copy"))
    return folder


@pytest.fixture(scope="module")
def builds(pristine):
    """The recipe in full and in half precision; the builds themselves are not recorded."""
    folder = pristine.parent
    with contextlib.chdir(folder):
        return {
            half: sb.build("project/recipe.toml", output=folder / f"{half}.zip", half=half) for half in (False, True)
        }


@pytest.fixture
def project(pristine, builds, ledger, tmp_path, monkeypatch):
    """The folder, which a test may change; the ledger has both builds, and the working directory is another one."""
    for built in builds.values():
        rows = of_build(built)
        append(ledger, rows.entries, rows.builds)
    monkeypatch.chdir(tmp_path)
    yield pristine
    shutil.rmtree(pristine)
    shutil.copytree(pristine.with_name("copy"), pristine)


@pytest.fixture
def built(builds):
    return builds[False]


def files_are_named(error, *names):
    return all(any(name in line for line in str(error).splitlines()[1:]) for name in names)


@pytest.mark.parametrize("half", [False, True])
def test_a_zip_is_written_again_from_another_folder_without_its_recipe_file(project, builds, half):
    """The recipe is in the ledger; weights that are rewritten, own sources, members and wrappers are the same bytes."""
    (project / "recipe.toml").unlink()
    rebuilt = sb.rebuild(builds[half].md5[:8])
    assert rebuilt.path.name == f"{builds[half].sha256[:12]}.zip"
    assert rebuilt.path.read_bytes() == builds[half].path.read_bytes()
    assert rebuilt.to_dict()["sha256"] == builds[half].sha256


def test_other_versions_another_commit_and_the_cards_do_not_matter_if_the_files_are_the_same(
    project, built, monkeypatch
):
    """They are in the manifest alone, and that is the stored one."""
    monkeypatch.setattr("submission_builder.freeze.manifest.version", lambda package: "9.9")
    monkeypatch.setattr("submission_builder.freeze.manifest.our_commit", lambda: ("another", True))
    (project / "runs" / "cnn.c1-demo.json").unlink()
    assert sb.rebuild(built.path, output="b.zip").path.read_bytes() == built.path.read_bytes()


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("net.pt", lambda path: torch.save({"head.weight": torch.ones(1, 200), "head.bias": torch.ones(1)}, path)),
        ("scale.py", lambda path: path.write_text("VOLTS = 2e4\n")),
        ("tcn.pth", lambda path: path.unlink()),
        ("net.py", lambda path: path.write_text("def (")),
        ("runs/cnn.c1-demo.pt", lambda path: path.write_bytes(b"other weights")),
    ],
)
def test_each_input_that_changed_is_named_and_nothing_is_written(project, built, name, changed):
    changed(project / name)
    with pytest.raises(sb.BuildError, match=f"the zip {built.sha256[:12]}… cannot be written again") as caught:
        sb.rebuild(built.sha256, output="b.zip")
    assert files_are_named(caught.value, str(project / name))
    assert not Path("b.zip").exists()


def test_all_inputs_that_changed_are_named_at_once(project, built):
    (project / "scale.py").write_text("VOLTS = 2e4\n")
    torch.save({"head.weight": torch.ones(1, 200), "head.bias": torch.ones(1)}, project / "net.pt")
    with pytest.raises(sb.BuildError) as caught:
        sb.rebuild(built.sha256, output="b.zip")
    assert files_are_named(caught.value, str(project / "scale.py"), str(project / "net.pt"))


def test_a_source_of_ours_that_changed_is_named_with_both_versions(project, built, ledger):
    stored = find_build(ledger, built.sha256)
    files = stored.manifest["files"] | {"cnn.py": {"sha256": "0" * 64, "size": 1}, "gone.py": {"sha256": "1" * 64}}
    then = stored.manifest | {"files": files, "built_with": stored.manifest["built_with"] | {"torch": "1.0"}}
    append(ledger, [], [dataclasses.replace(stored, manifest=then)])
    with pytest.raises(sb.BuildError) as caught:
        sb.rebuild(built.sha256, output="b.zip")
    assert files_are_named(caught.value, "cnn.py in the zip would differ", "gone.py in the zip is no longer needed")
    assert f"torch was 1.0 and is {version('torch')}" in str(caught.value)


def test_another_layout_of_the_zip_is_named(project, built, monkeypatch):
    monkeypatch.setattr(module, "sha256_of", lambda path: "0" * 64)
    with pytest.raises(sb.BuildError, match="the layout of the zip"):
        sb.rebuild(built.sha256, output="b.zip")
    assert not Path("b.zip").exists()


def test_a_zip_that_was_not_built_here_and_an_existing_file_are_refused(project, built):
    foreign = Path("foreign.zip")
    foreign.write_bytes(b"of another program")
    with pytest.raises(sb.LedgerError, match="was not built with this ledger"):
        sb.rebuild("foreign.zip")
    with pytest.raises(sb.OutputError, match="already exists"):
        sb.rebuild(built.path, output="foreign.zip")
    assert foreign.read_bytes() == b"of another program"
    assert sb.rebuild(built.path, output="foreign.zip", force=True).path.read_bytes() == built.path.read_bytes()
