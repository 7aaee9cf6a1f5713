"""Packed submissions under the server's Python and torch, and under this one.

``SUBPACK_SERVER`` names what ``--server`` takes, several separated by blanks; without it, every image whose replica is
installed. Nets of braindecode need braindecode 1.2.0 there. Under this Python the tests are marked ``exhaustive``.
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
from submission_builder.freeze.builder import build
from submission_builder.freeze.choices import read_choice
from submission_builder.freeze.recipe import resolve
from submission_builder.harness.runtime import Runtime
from submission_builder.protocol.golden import golden_windows, predictions_match
from submission_builder.server.images import IMAGES
from submission_builder.server.replica import find_replica, installed_replica
from submission_builder.workflows.check import check

CACHE = cache_folder()  # the user's, before a fixture names another for the tests
SERVERS = os.environ.get("SUBPACK_SERVER", "").split() or [
    image.name for image in IMAGES.values() if installed_replica(image, CACHE)
]
NO_SERVER = pytest.mark.skip(reason="no replica is installed, and SUBPACK_SERVER names no Python")
PYTHONS = [
    pytest.param(sys.executable, marks=pytest.mark.exhaustive, id="here"),
    *(pytest.param(server, marks=pytest.mark.server) for server in SERVERS),
    *([] if SERVERS else [pytest.param("", marks=[pytest.mark.server, NO_SERVER], id="no-server")]),
]
ROWS = list({row.name: row for row in reversed(ARCHITECTURES) if row.value is None}.values())[::-1]
"""Of each name the first row."""


@pytest.fixture(scope="session", params=PYTHONS)
def server(request):
    return find_replica(request.param, CACHE).interpreter.executable


@pytest.fixture(scope="session")
def there(server):
    """What the server's Python has: braindecode, and a numpy that torch works with."""

    def runs(program):
        said = subprocess.run([server, "-I", "-W", "ignore", "-c", program], capture_output=True, check=False)
        return said.returncode == 0

    return {
        "braindecode": runs("import braindecode.models"),
        "numpy": runs("import torch; torch.zeros(1).numpy()"),
    }


def untrained(name, challenge, folder):
    """A checkpoint of weights at their initialisation."""
    row = find_architecture(name, challenge)
    torch.manual_seed(0)
    net = row.build({})
    empty = {key: {} for key in ("kwargs", "data", "split", "scores", "config", "versions")}
    card = Card(
        name, "t", challenge, summary="", weights_sha256="", subjects_digest="", n_parameters=0, commit=None, **empty
    )
    return str(write_checkpoint(net, card, folder / str(challenge)).weights)


@pytest.fixture
def hold_golden_answers(tmp_path, server, answers_elsewhere, record_property):
    """Asks a zip the golden question there, and notes by how much its predictions differ."""

    def hold(built):
        with zipfile.ZipFile(built.path) as archive:
            golden = json.loads(archive.read("manifest.json"))["golden"]["predictions"]
        X = torch.from_numpy(golden_windows())
        for challenge, predictions in enumerate(answers_elsewhere(built.path, tmp_path, X, server), start=1):
            pairs = list(zip(predictions.flatten().tolist(), golden[str(challenge)], strict=True))
            record_property(f"challenge {challenge}", max(abs(a - b) for a, b in pairs))
            assert all(predictions_match(a, b) for a, b in pairs)

    return hold


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_architecture_passes_all_checks_there_and_answers_as_here(
    row, server, there, tmp_path, hold_golden_answers, request
):
    """Alone in its first challenge; in the other, if it has one, in an ensemble with another net and a constant."""
    if row.module == "braindecode_net" and not there["braindecode"]:
        pytest.skip("braindecode is not installed there")
    if "torch alone" in row.exempt and not there["numpy"]:
        reason = f"torch there cannot cross to numpy: {row.exempt['torch alone']}"
        request.applymarker(pytest.mark.xfail(reason=reason, raises=subprocess.CalledProcessError, strict=True))
    choices = {3 - row.challenge: "constant:0", row.challenge: untrained(row.name, row.challenge, tmp_path)}
    if len(architectures_named(row.name)) > 1:
        choices[2] = f"{untrained(row.name, 2, tmp_path)}:0.5+cnn:0.3+constant:-0.09:0.2"
    built = build(resolve(choices), tmp_path / "submission.zip")
    hold_golden_answers(built)
    checked = check(built.path, runtime=Runtime(server=server))
    assert checked.findings == ()
    assert set(checked.skipped) == {"S311"}, "the device is seen to be honoured on CUDA alone"
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
def test_every_wrapper_answers_there_as_here(tmp_path, hold_golden_answers, half):
    """All of them round one net and, in the other order, round an ensemble; stored in full and half precision."""
    wrap = [f"{row.name}:{ARGUMENTS[row.name]}" for row in WRAPPERS]
    wanted = {1: read_choice("lightweight_attn", wrap=wrap), 2: read_choice("cnn+constant:0", wrap=wrap[::-1])}
    hold_golden_answers(build(resolve(wanted), tmp_path / "submission.zip", half=half))


@pytest.mark.filterwarnings("ignore")  # of tracing being superseded, and of a shape that it takes for fixed
def test_an_own_net_and_torchscript_answer_there_as_here(tmp_path, hold_golden_answers):
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
    wanted = {1: read_choice(f"{tmp_path}/pkg/net.py:Net", [tmp_path / "w.pt"]), 2: str(tmp_path / "traced.pt")}
    hold_golden_answers(build(resolve(wanted), tmp_path / "submission.zip"))
