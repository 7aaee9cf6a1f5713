"""Packed submissions under the server's Python and torch, and under this Python.

``SUBPACK_SERVER`` lists values of ``--server``, separated by blanks; without it, the tests run on every installed
replica. Nets of braindecode need braindecode 1.2.0 there. Under this Python the tests are marked ``exhaustive``.
"""

import json
import os
import subprocess
import sys
import zipfile

import pytest
import torch

from model_zoo.card import Card
from model_zoo.checkpoint import write_checkpoint
from model_zoo.registry import ARCHITECTURES, architectures_named, find_architecture
from model_zoo.wrappers import WRAPPERS
from submission_builder.base.cache import cache_folder
from submission_builder.checks.catalogue import CHECKS
from submission_builder.freeze.builder import write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.spec import parse_model
from submission_builder.harness.runtime import Runtime
from submission_builder.protocol.golden import golden_windows, predictions_match
from submission_builder.server.images import IMAGES
from submission_builder.server.replica import find_replica, installed_replica
from submission_builder.workflows.check import check

CACHE = cache_folder()  # the user's cache, before a fixture replaces it
SERVERS = os.environ.get("SUBPACK_SERVER", "").split() or [
    image.name for image in IMAGES.values() if installed_replica(image, CACHE)
]
NO_SERVER = pytest.mark.skip(reason="no replica is installed, and SUBPACK_SERVER names no Python")
PYTHONS = [
    pytest.param(sys.executable, marks=pytest.mark.exhaustive, id="here"),
    *(pytest.param(server, marks=pytest.mark.server) for server in SERVERS),
    *([] if SERVERS else [pytest.param("", marks=[pytest.mark.server, NO_SERVER], id="no-server")]),
]
ENTRIES = list({entry.name: entry for entry in reversed(ARCHITECTURES) if entry.value is None}.values())[::-1]
"""The first entry of each name."""


@pytest.fixture(scope="session", params=PYTHONS)
def server(request):
    return find_replica(request.param, CACHE).interpreter.executable


@pytest.fixture(scope="session")
def there(server):
    """Whether the server's Python has braindecode, and a numpy that its torch works with."""

    def runs(program):
        done = subprocess.run([server, "-I", "-W", "ignore", "-c", program], capture_output=True, check=False)
        return done.returncode == 0

    return {
        "braindecode": runs("import braindecode.models"),
        "numpy": runs("import torch; torch.zeros(1).numpy()"),
    }


def untrained(name, challenge, folder):
    """Write a checkpoint of initial weights."""
    entry = find_architecture(name, challenge)
    torch.manual_seed(0)
    net = entry.build({})
    empty = {key: {} for key in ("kwargs", "data", "split", "scores", "config", "versions")}
    card = Card(
        name, "t", challenge, summary="", weights_sha256="", subjects_digest="", n_parameters=0, commit=None, **empty
    )
    return str(write_checkpoint(net, card, folder / str(challenge)).weights)


@pytest.fixture
def require_golden_predictions(tmp_path, server, predict_in_clean_process, record_property):
    """Predict the golden windows there, and record the largest difference."""

    def require(built):
        with zipfile.ZipFile(built.path) as archive:
            golden = json.loads(archive.read("manifest.json"))["golden"]["predictions"]
        X = torch.from_numpy(golden_windows())
        for challenge, predictions in enumerate(predict_in_clean_process(built.path, tmp_path, X, server), start=1):
            pairs = list(zip(predictions.flatten().tolist(), golden[str(challenge)], strict=True))
            record_property(f"challenge {challenge}", max(abs(a - b) for a, b in pairs))
            assert all(predictions_match(a, b) for a, b in pairs)

    return require


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_architecture_passes_all_checks_and_predicts_the_same(
    entry, server, there, tmp_path, require_golden_predictions, request
):
    """Alone in its first challenge; in its second, if it has one, in an ensemble with another net and a constant."""
    if entry.module == "braindecode_net" and not there["braindecode"]:
        pytest.skip("braindecode is not installed there")
    if "torch alone" in entry.exempt and not there["numpy"]:
        reason = f"torch there cannot cross to numpy: {entry.exempt['torch alone']}"
        request.applymarker(pytest.mark.xfail(reason=reason, raises=subprocess.CalledProcessError, strict=True))
    specs = {3 - entry.challenge: "constant:0", entry.challenge: untrained(entry.name, entry.challenge, tmp_path)}
    if len(architectures_named(entry.name)) > 1:
        specs[2] = f"{untrained(entry.name, 2, tmp_path)}:0.5+cnn:0.3+constant:-0.09:0.2"
    built = write_submission(resolve(specs), tmp_path / "submission.zip")
    require_golden_predictions(built)
    checked = check(built.path, runtime=Runtime(server=server))
    assert checked.findings == ()
    assert set(checked.skipped) == {"S311"}, "the check of the device needs CUDA"
    assert len(checked.passed) == len(CHECKS) - 1


ARGUMENTS = {
    "calibrate": "0.5,1",
    "clamp": "0.5,2.5",
    "shrink": "0.9,1.6",
    "running_median": "3",
    "time_shifts": "-4,0,4",
    "channels": "0,5,90",
}


@pytest.mark.parametrize("half", [False, True], ids=["full", "half"])
def test_every_wrapper_predicts_the_same(tmp_path, require_golden_predictions, half):
    """All wrappers around one net and, in reverse order, around an ensemble; stored in full and half precision."""
    wrap = [f"{entry.name}:{ARGUMENTS[entry.name]}" for entry in WRAPPERS]
    specs = {1: parse_model("lightweight_attn", wrap=wrap), 2: parse_model("cnn+constant:0", wrap=wrap[::-1])}
    require_golden_predictions(write_submission(resolve(specs), tmp_path / "submission.zip", half=half))


@pytest.mark.filterwarnings("ignore")  # tracing is deprecated, and takes a shape for fixed
def test_an_own_net_and_torchscript_predict_the_same(tmp_path, require_golden_predictions):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").touch()
    (tmp_path / "pkg" / "scale.py").write_text("VOLTS = 1e-5\n")
    source = """
from torch import nn
from .scale import VOLTS

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(200, 1)

    def forward(self, x):
        return self.layer(x / VOLTS).mean(1)
"""
    (tmp_path / "pkg" / "net.py").write_text(source)
    net = torch.nn.Linear(200, 1)
    state = {f"module.layer.{name}": value for name, value in net.state_dict().items()}
    torch.save({"model_state_dict": state}, tmp_path / "w.pt")
    torch.jit.trace(find_architecture("tcn", 1).build({}).eval(), torch.zeros(1, 129, 200)).save(tmp_path / "traced.pt")
    specs = {1: parse_model(f"{tmp_path}/pkg/net.py:Net", [tmp_path / "w.pt"]), 2: str(tmp_path / "traced.pt")}
    require_golden_predictions(write_submission(resolve(specs), tmp_path / "submission.zip"))
