"""Weights of own nets and of TorchScript, and their precision in the zip."""

import json
import subprocess
import sys
import zipfile

import pytest
import torch
from torch import nn

from submission_builder.base.errors import CheckpointError, RecipeError
from submission_builder.freeze.builder import write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.spec import parse_model
from submission_builder.protocol.golden import golden_windows, predictions_match

CONSTANT = "constant:0"
NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self, scale=1e5):
        super().__init__()
        self.layer = nn.Linear(200, 1)
        self.scale = scale

    def forward(self, x):
        return self.layer(x * self.scale).mean(1)
"""


def packed(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json")), archive.namelist()


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own_linear.py").write_text(NET)
    return f"{tmp_path}/own_linear.py:Net"


def save_linear(path, seed):
    torch.manual_seed(seed)
    torch.save({f"layer.{name}": value for name, value in nn.Linear(200, 1).state_dict().items()}, path)
    return path


def test_an_own_net_with_several_files_of_weights_predicts_their_mean(own, tmp_path, predict_in_clean_process):
    """Files of one name from several folders are all packed, those with the same bytes once."""
    paths = []
    for i, seed in enumerate((1, 2, 1)):
        (tmp_path / f"fold{i}").mkdir()
        paths.append(save_linear(tmp_path / f"fold{i}" / "best.pt", seed))
    built = write_submission(resolve({1: parse_model(own, paths), 2: CONSTANT}), tmp_path / "a.zip")
    manifest, names = packed(built.path)
    assert [name for name in names if name.endswith(".pt")] == ["best-2.pt", "best.pt"]
    assert [member["weights"] for member in manifest["challenges"]["1"]["members"]] == [
        "best.pt",
        "best-2.pt",
        "best.pt",
    ]
    X = torch.from_numpy(golden_windows())
    there = predict_in_clean_process(built.path, tmp_path, X)[0].flatten().tolist()
    assert all(map(predictions_match, there, built.frozen.golden[1]))
    states = [torch.load(path, weights_only=True) for path in paths]
    each = [(X * 1e5) @ s["layer.weight"].T + s["layer.bias"] for s in states]
    expected = torch.stack(each).mean((0, 2)).flatten().tolist()
    assert all(map(predictions_match, there, expected))


@pytest.mark.parametrize(
    ("n", "text", "message"),
    [
        (0, "{own}", "own_linear:Net has parameters; a file of weights is expected"),
        (1, "{own}+{own}", "1 files of weights are given for 2 own nets"),
        (1, "cnn.c1-demo", "cnn.c1-demo has its own weights and arguments"),
        (1, "constant:1", "constant:1 has its own weights and arguments"),
    ],
)
def test_missing_or_superfluous_weights_are_refused(own, tmp_path, n, text, message):
    paths = [save_linear(tmp_path / f"{i}.pt", i) for i in range(n)]
    with pytest.raises(RecipeError, match=message):
        resolve({1: parse_model(text.format(own=own), paths), 2: CONSTANT})


def test_an_own_net_with_another_output_shape_is_refused(tmp_path):
    (tmp_path / "flat.py").write_text(
        "from torch import nn\nclass Flat(nn.Module):\n    forward = lambda s, x: x[:, 0, 0]"
    )
    recipe = resolve({1: f"{tmp_path}/flat.py:Flat", 2: CONSTANT})
    with pytest.raises(
        RecipeError, match=r"challenge 1 returns shape \(1,\) for a window .*; shape \(1, 1\) is expected"
    ):
        write_submission(recipe, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.filterwarnings("ignore:.torch.jit")
def test_torchscript_is_packed_byte_for_byte(tmp_path, predict_in_clean_process):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(200, 1)

        def forward(self, x):
            return self.layer(x * 1e5).mean(1)

    net = Net()
    torch.jit.trace(net, torch.zeros(1, 129, 200)).save(tmp_path / "traced.pt")
    specs = {1: str(tmp_path / "traced.pt"), 2: parse_model(f"{tmp_path / 'traced.pt'}+constant:1")}
    built = write_submission(resolve(specs), tmp_path / "a.zip")
    with zipfile.ZipFile(built.path) as archive:
        assert archive.read("traced.pt") == (tmp_path / "traced.pt").read_bytes()
    X = torch.from_numpy(golden_windows())
    first, second = predict_in_clean_process(built.path, tmp_path, X)
    torch.testing.assert_close(first, net(X).detach())
    torch.testing.assert_close(second, 0.5 * net(X).detach() + 0.5)


def test_half_precision_halves_the_weights_and_reports_the_change(tmp_path, predict_in_clean_process):
    recipe = resolve({1: "lightweight_attn", 2: "cnn"})
    full = write_submission(recipe, tmp_path / "full.zip")
    half = write_submission(recipe, tmp_path / "half.zip", half=True)
    assert half.frozen.sizes["cnn.c2-demo.pt"] < 0.55 * full.frozen.sizes["cnn.c2-demo.pt"]
    for n in (1, 2):
        moved = max(abs(a - b) for a, b in zip(full.frozen.golden[n], half.frozen.golden[n], strict=True))
        assert 0 < half.frozen.half_effect[n] == moved < 1e-2
    there = predict_in_clean_process(half.path, tmp_path, torch.from_numpy(golden_windows()))
    for n, predictions in enumerate(there, start=1):
        assert predictions.dtype == torch.float32
        assert all(map(predictions_match, predictions.flatten().tolist(), half.frozen.golden[n]))


def test_weights_too_large_for_half_precision_are_refused(own, tmp_path):
    save_linear(tmp_path / "w.pt", 1)
    state = torch.load(tmp_path / "w.pt", weights_only=True)
    state["layer.bias"] += 1e6
    torch.save(state, tmp_path / "w.pt")
    recipe = resolve({1: parse_model(own, [tmp_path / "w.pt"]), 2: CONSTANT})
    with pytest.raises(
        CheckpointError, match=r"w\.pt: layer\.bias has the magnitude 1e\+06; half precision holds up to 65504"
    ):
        write_submission(recipe, tmp_path / "a.zip", half=True)


MEMORY = """
import sys, threading, time
from pathlib import Path
from submission_builder.freeze.builder import write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.spec import parse_model

peak = 0
def watch():
    global peak
    while True:
        status = Path("/proc/self/status").read_text()
        peak = max(peak, int(status.split("RssAnon:")[1].split()[0]))
        time.sleep(0.005)

folder = Path(sys.argv[1])
files = sorted(folder.glob("*.pt"))
write_submission(resolve({1: "cnn", 2: "cnn"}), folder / "small.zip")
threading.Thread(target=watch, daemon=True).start()
time.sleep(0.1)
before = peak
write_submission(resolve({1: parse_model(f"{folder}/big.py:Big", files), 2: "constant:0"}), folder / "big.zip")
print(peak - before)
"""


@pytest.mark.slow
def test_a_build_needs_the_memory_of_one_member(tmp_path):
    """The process grows by less than 160 MiB for twelve files of 50 MB."""
    source = "import torch\nclass Big(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    source += "        self.w = torch.nn.Parameter(torch.empty(12_500_000))\n"
    source += "    def forward(self, x):\n        return x[:, 0, :1] + self.w[-1]\n"
    (tmp_path / "big.py").write_text(source)
    for i in range(12):
        torch.save({"w": torch.full((12_500_000,), float(i))}, tmp_path / f"{i:02}.pt")
    output = subprocess.run([sys.executable, "-c", MEMORY, tmp_path], check=True, capture_output=True, text=True).stdout
    assert (tmp_path / "big.zip").stat().st_size > 600_000_000
    assert int(output) < 160 * 1024
