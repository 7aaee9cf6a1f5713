"""Write submission zips, each with at most one defect."""

import zipfile
from pathlib import Path

import numpy as np

WINDOWS = (1e-5 * np.random.default_rng(0).normal(size=(137, 129, 200))).astype(np.float32)
"""Noise at the scale of scalp EEG."""

SOURCE = """
import torch
from pathlib import Path

{top}

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(200, 1)

    def forward(self, X):
        {forward}


class Submission:
    def __init__(self, SFREQ, DEVICE):
        self.folder = Path(__file__).resolve().parent

    def {getter}(self):
        return Net()

    def get_model_challenge_2(self):
        {load}
        return Net()
"""


def make_zip(
    path: Path,
    *,
    forward: str = "return X[:, 0, :1] * 0 + 1.6",
    getter: str = "get_model_challenge_1",
    load: str = "pass",
    top: str = "",
    names: dict[str, bytes] | None = None,
    entry: str = "submission.py",
) -> Path:
    """Write a submission; without arguments, a valid one that predicts 1.6."""
    source = SOURCE.format(forward=forward, getter=getter, load=load, top=top)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, source)
        for name, content in (names or {}).items():
            archive.writestr(name, content)
    return path
