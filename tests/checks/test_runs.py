"""Submissions that run: each defect is found only by its check."""

import json

import pytest
import saved_weights as weights
import torch
from archives import make_zip

from submission_builder.freeze.builder import write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.workflows.check import check
from submission_builder.workflows.synthetic_run import synthetic_windows

TOP = """
def load(folder, name, device):
    net = Net().to(device)
    net.load_state_dict(torch.load(folder / name, weights_only=True))
    return net
"""
LOADED = "return load(self.folder, '{}', torch.device('cpu'))"
BOTH_LOADED = {
    "getter": "get_model_challenge_1(self):\n        " + LOADED.format("c1.pt") + "\n\n    def _first",
    "load": LOADED.format("c2.pt"),
}
LINEAR = "return self.layer(X).mean(1) + 1"
CENTRED = "return self.layer((X - X.mean(-1, keepdim=True)) * 1e5).abs().mean(1)"
WEIGHTS = {"c2.pt": weights.saved({"layer.weight": torch.linspace(-1, 1, 200)[None], "layer.bias": torch.zeros(1)})}
BOTH = WEIGHTS | {"c1.pt": weights.GOOD}
CONSTANT = "return X[:, 0, :1] * 0 + 1.6"
STATE = "self.n = getattr(self, 'n', 0) + 1\n        " + CONSTANT + " + self.n"

RUN = {
    "state": ("S305", {"forward": STATE}),
    "batch": ("S306", {"forward": CONSTANT + " + len(X)"}),
    "input changed": ("S307", {"forward": "X += 1\n        " + CONSTANT}),
    "draws": ("S308", {"forward": CONSTANT + " + torch.rand(1)"}),
    "clock": ("S304", {"forward": "import time\n        " + CONSTANT + " + time.perf_counter() % 1"}),
    "random weights": ("S210", {"forward": CENTRED}),
    "no axis left": ("S302", {"forward": "return X[:, 0, :1].reshape(())"}),
    "NaN": ("S303", {"forward": "return X[:, 0, :1] * float('nan')"}),
    "raises": ("S301", {"forward": "raise RuntimeError('not at home')"}),
    "volts": ("S309", {"forward": LINEAR, **BOTH_LOADED, "top": TOP, "names": BOTH}),
    "mismatch": (
        "S209",
        {
            "forward": CONSTANT,
            "load": LOADED.format("c2.pt"),
            "top": TOP,
            "names": {"c2.pt": weights.saved({"model": {}})},
        },
    ),
    "unopened": ("S211", {"names": WEIGHTS}),
    "other golden predictions": (
        "S310",
        {
            "names": {
                "manifest.json": json.dumps(
                    {"golden": {"question": "golden-1", "predictions": {"1": [0] * 4, "2": [1.6] * 4}}}
                ).encode()
            }
        },
    ),
}


def test_a_zip_of_subpack_build_passes_every_check(tmp_path):
    built = write_submission(resolve({1: "lightweight_attn", 2: "cnn"}), tmp_path / "submission.zip")
    checked = check(built.path)
    assert checked.findings == ()
    assert set(checked.skipped) <= {"S310", "S311"}


def test_the_synthetic_windows_have_the_scale_of_eeg_in_volts():
    windows = synthetic_windows()
    assert windows.shape == (8, 129, 200)
    assert 5e-6 < windows[:, :-1].std(axis=-1).mean() < 5e-5
    assert not windows[:, -1].any()


@pytest.mark.slow
@pytest.mark.parametrize(("id_", "changes"), RUN.values(), ids=RUN)
def test_a_defect_that_shows_only_in_a_run_is_found_only_by_its_check(tmp_path, id_, changes):
    checked = check(make_zip(tmp_path / "z.zip", **changes))
    assert {finding.id for finding in checked.findings} == {id_}
