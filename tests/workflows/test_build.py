"""A build that proves itself."""

import zipfile

import pytest

from submission_builder.base.errors import BuildError
from submission_builder.freeze.recipe import resolve
from submission_builder.workflows.build import build_proven, prove

RECIPE = {1: "lightweight_attn+cnn", 2: "constant:-0.09"}

NET = """
import os, sys
from torch import nn

class Net(nn.Module):
    def forward(self, x):
        {body}
        return x[:, 0, :1] * 0 + 1.6
"""


def test_a_zip_that_answers_elsewhere_as_here_is_kept(tmp_path):
    built = build_proven(resolve(RECIPE), tmp_path / "a.zip")
    assert zipfile.is_zipfile(built.path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def own(folder, body):
    (folder / "provenet.py").write_text(NET.format(body=body))
    return f"{folder}/provenet.py:Net"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "if __file__.find('sources') > 0: x = x + 1e5",
            r"no zip was written: unpacked elsewhere, challenge 1 predictions 2 .* prediction 1\.6",
        ),
        ("open(os.path.dirname(__file__) + '/provenet.json')", "no zip was written, as it would not run: challenge 1"),
        ("__import__('beside')", "no zip was written, as it would not run: .*No module named 'beside'"),
    ],
)
def test_a_zip_that_fails_elsewhere_is_not_kept(tmp_path, body, message):
    """And an earlier zip of that name is."""
    (tmp_path / "provenet.json").touch()
    (tmp_path / "beside.py").touch()
    (tmp_path / "a.zip").write_text("earlier")
    body = body.replace("x = x + 1e5", "return x[:, 0, :1] * 0 + 2")
    recipe = resolve({1: own(tmp_path, body), 2: "constant:0"})
    with pytest.raises(BuildError, match=message):
        build_proven(recipe, tmp_path / "a.zip", force=True)
    assert (tmp_path / "a.zip").read_text() == "earlier"
    assert not list(tmp_path.glob(".*"))


def test_a_zip_is_held_against_each_golden_answer(tmp_path):
    built = build_proven(resolve(RECIPE), tmp_path / "a.zip")
    golden = {1: built.frozen.golden[1], 2: [*built.frozen.golden[2][:-1], -0.0901]}
    with pytest.raises(
        BuildError, match=r"challenge 2 predictions -0\.09.* to a golden window, where its nets prediction -0\.0901"
    ):
        prove(built.path, golden)
