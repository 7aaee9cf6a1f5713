"""A packed submission under the server's Python and torch.

Point ``SUBPACK_SERVER_PYTHON`` at an interpreter, such as Python 3.10 with torch 2.2.2 or 2.8.0.
"""

import os
import subprocess
import sys
import zipfile

import pytest
import torch

from submission_builder.freeze.builder import build
from submission_builder.freeze.recipe import resolve

PYTHON = os.environ.get("SUBPACK_SERVER_PYTHON")
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not PYTHON, reason="SUBPACK_SERVER_PYTHON names no interpreter"),
]

PROGRAM = """
import sys, torch
sys.path.insert(0, "res")
from submission import Submission
X = torch.load("X.pt", weights_only=True)
with torch.inference_mode():
    models = [getattr(Submission(100, torch.device("cpu")), f"get_model_challenge_{n}")() for n in (1, 2)]
    torch.save([model.forward(X) for model in models], "answers.pt")
"""


def answers(python, folder):
    subprocess.run([python, "-I", "-W", "ignore", "-c", PROGRAM], cwd=folder, check=True)
    return torch.load(folder / "answers.pt", weights_only=True)


def test_the_servers_torch_answers_as_ours_does(tmp_path):
    """Shipped nets, to 1e-5 s or factor score."""
    built = build(resolve({1: "lightweight_attn", 2: "cnn"}), tmp_path / "submission.zip")
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path / "res")
    torch.save(torch.randn(8, 129, 200, generator=torch.Generator().manual_seed(0)) * 1e-5, tmp_path / "X.pt")
    theirs = answers(PYTHON, tmp_path)
    ours = answers(sys.executable, tmp_path)
    for there, here in zip(theirs, ours, strict=True):
        torch.testing.assert_close(there, here, rtol=0, atol=1e-5)
        assert here.std() > 1e-3
