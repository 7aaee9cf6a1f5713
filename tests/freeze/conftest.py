"""Fixtures for tests of frozen zips."""

import subprocess
import sys
import zipfile

import pytest
import torch

PROGRAM = """
import sys, torch
sys.meta_path.insert(0, type("Hide", (), {"find_spec": staticmethod(lambda name, *_: sys.exit(name)
    if name.partition(".")[0] in ("model_zoo", "submission_builder") else None)}))
sys.path.insert(0, "res")
from submission import Submission
X = torch.load("X.pt", weights_only=True)
models = [getattr(Submission(100, torch.device("cpu")), f"get_model_challenge_{n}")() for n in (1, 2)]
with torch.inference_mode():
    torch.save([torch.cat([model.forward(x) for x in X.split(1)]) for model in models], "predictions.pt")
"""


@pytest.fixture
def predict_in_clean_process():
    """Predict window by window with a zip's models, in an interpreter without our packages and in another folder."""

    def predict(path, folder, X, python=sys.executable):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder / "res")
        torch.save(X, folder / "X.pt")
        subprocess.run([python, "-I", "-W", "ignore", "-c", PROGRAM], cwd=folder, check=True)
        return torch.load(folder / "predictions.pt", weights_only=True)

    return predict
