"""Weights of any origin: what they are taken for, and how they lie in the zip."""

import json
import subprocess
import sys
import zipfile

import pytest
import torch
from torch import nn

from model_zoo.registry import find_architecture
from submission_builder.base.errors import CheckpointError, RecipeError
from submission_builder.freeze.builder import build
from submission_builder.freeze.choices import read_choice
from submission_builder.freeze.recipe import resolve
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


@pytest.fixture(scope="module")
def cnn():
    torch.manual_seed(0)
    return find_architecture("cnn", 1).build({}).eval()


def packed(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json")), archive.namelist()


def golden(net):
    with torch.inference_mode():
        return net(torch.from_numpy(golden_windows())).flatten().tolist()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": {f"module.{k}": v for k, v in state.items()}, "optimizer": {}},
        lambda state: {
            "state_dict": {f"net._orig_mod.{k}": v for k, v in state.items()} | {"loss.weight": torch.ones(1)},
            "pytorch-lightning_version": "2.5.0",
        },
    ],
    ids=["bare", "ddp", "lightning"],
)
def test_weights_without_a_card_are_taken_for_what_they_fit(cnn, wrap, tmp_path):
    torch.save(wrap(cnn.state_dict()), tmp_path / "mine.pt")
    built = build(resolve({1: str(tmp_path / "mine.pt"), 2: CONSTANT}), tmp_path / "a.zip")
    assert all(map(predictions_match, built.frozen.golden[1], golden(cnn)))
    assert "mine.pt: taken for cnn, by the names and shapes of its tensors" in built.frozen.notes
    assert "mine.pt: nothing is known of its training" in built.frozen.notes
    manifest, names = packed(tmp_path / "a.zip")
    assert "mine.pt" in names
    assert manifest["challenges"]["1"]["members"][0]["trained"] == {"card": None, "data": None, "pretrained": None}
    assert manifest["document"]["unknown"] == ["cnn"]
    with zipfile.ZipFile(tmp_path / "a.zip") as archive, archive.open("mine.pt") as file:
        assert torch.load(file, weights_only=True).keys() == cnn.state_dict().keys()


def test_weights_that_fit_nothing_name_the_nearest_architecture(cnn, tmp_path):
    state = cnn.state_dict()
    state["extra"] = state.pop("head.0.bias")
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(CheckpointError) as caught:
        resolve({1: str(tmp_path / "w.pt"), 2: CONSTANT})
    said = str(caught.value)
    assert "has no card and fits no architecture of challenge 1; the nearest is cnn" in said
    assert "missing: head.0.bias\n  unexpected: extra" in said


def test_weights_of_the_other_challenges_net_are_refused(cnn, tmp_path):
    torch.save(cnn.state_dict(), tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match="fits cnn of challenge 1, and is asked for challenge 2"):
        resolve({1: CONSTANT, 2: str(tmp_path / "w.pt")})


def test_braindecodes_own_weights_are_not_put_behind_our_first_layer_unasked(tmp_path):
    net = find_architecture("eegnex", 1).build({}).net
    torch.save(net.state_dict(), tmp_path / "w.pt")
    with pytest.raises(
        CheckpointError, match=r"is braindecode's own EEGNeX.* the same weights would prediction"
    ) as caught:
        resolve({1: str(tmp_path / "w.pt"), 2: CONSTANT})
    assert 'net = "braindecode.models:EEGNeX"' in caught.value.hint


def test_a_named_architecture_takes_weights_with_other_arguments(tmp_path):
    net = find_architecture("sparse_attn", 1).build({"n_rounds": 3})
    torch.save(net.state_dict(), tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match=r"w\.pt and sparse_attn do not fit"):
        resolve({1: read_choice("sparse_attn", [tmp_path / "w.pt"]), 2: CONSTANT})


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own_linear.py").write_text(NET)
    return f"{tmp_path}/own_linear.py:Net"


def save_linear(path, seed):
    torch.manual_seed(seed)
    torch.save({f"layer.{name}": value for name, value in nn.Linear(200, 1).state_dict().items()}, path)
    return path


def test_an_own_net_with_many_files_of_weights_is_their_mean(own, tmp_path, answers_elsewhere):
    """Files of one name in several folders all travel; those of the same bytes once."""
    paths = []
    for i, seed in enumerate((1, 2, 1)):
        (tmp_path / f"fold{i}").mkdir()
        paths.append(save_linear(tmp_path / f"fold{i}" / "best.pt", seed))
    built = build(resolve({1: read_choice(own, paths), 2: CONSTANT}), tmp_path / "a.zip")
    manifest, names = packed(built.path)
    assert [name for name in names if name.endswith(".pt")] == ["best-2.pt", "best.pt"]
    assert [member["weights"] for member in manifest["challenges"]["1"]["members"]] == [
        "best.pt",
        "best-2.pt",
        "best.pt",
    ]
    X = torch.from_numpy(golden_windows())
    there = answers_elsewhere(built.path, tmp_path, X)[0].flatten().tolist()
    assert all(map(predictions_match, there, built.frozen.golden[1]))
    states = [torch.load(path, weights_only=True) for path in paths]
    each = [(X * 1e5) @ s["layer.weight"].T + s["layer.bias"] for s in states]
    expected = torch.stack(each).mean((0, 2)).flatten().tolist()
    assert all(map(predictions_match, there, expected))


@pytest.mark.parametrize(
    ("n", "text", "message"),
    [
        (0, "{own}", "own_linear:Net has parameters, and no weights are given for it"),
        (1, "{own}+{own}", r"1 files of weights for 2 net\(s\) of your own"),
        (1, "cnn.c1-demo", "cnn.c1-demo is fixed; weights and keyword arguments go with a net of your own"),
        (1, "constant:1", "constant:1 is fixed"),
    ],
)
def test_weights_that_are_missing_or_too_many_are_explained(own, tmp_path, n, text, message):
    paths = [save_linear(tmp_path / f"{i}.pt", i) for i in range(n)]
    with pytest.raises(RecipeError, match=message):
        resolve({1: read_choice(text.format(own=own), paths), 2: CONSTANT})


def test_an_own_net_that_answers_another_shape_is_explained(tmp_path):
    (tmp_path / "flat.py").write_text(
        "from torch import nn\nclass Flat(nn.Module):\n    forward = lambda s, x: x[:, 0, 0]"
    )
    recipe = resolve({1: f"{tmp_path}/flat.py:Flat", 2: CONSTANT})
    with pytest.raises(RecipeError, match=r"challenge 1 predicted \(1,\) to a window .*; \(1, 1\) is expected"):
        build(recipe, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.filterwarnings("ignore:.torch.jit")
def test_torchscript_travels_as_it_is(tmp_path, answers_elsewhere):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(200, 1)

        def forward(self, x):
            return self.layer(x * 1e5).mean(1)

    net = Net()
    torch.jit.trace(net, torch.zeros(1, 129, 200)).save(tmp_path / "traced.pt")
    choices = {1: str(tmp_path / "traced.pt"), 2: read_choice(f"{tmp_path / 'traced.pt'}+constant:1")}
    built = build(resolve(choices), tmp_path / "a.zip")
    with zipfile.ZipFile(built.path) as archive:
        assert archive.read("traced.pt") == (tmp_path / "traced.pt").read_bytes()
    X = torch.from_numpy(golden_windows())
    first, second = answers_elsewhere(built.path, tmp_path, X)
    torch.testing.assert_close(first, net(X).detach())
    torch.testing.assert_close(second, 0.5 * net(X).detach() + 0.5)


def test_half_precision_halves_the_weights_and_says_what_it_costs(tmp_path, answers_elsewhere):
    recipe = resolve({1: "lightweight_attn", 2: "cnn"})
    full = build(recipe, tmp_path / "full.zip")
    half = build(recipe, tmp_path / "half.zip", half=True)
    assert half.sizes["cnn.c2-demo.pt"] < 0.55 * full.sizes["cnn.c2-demo.pt"]
    for n in (1, 2):
        moved = max(abs(a - b) for a, b in zip(full.frozen.golden[n], half.frozen.golden[n], strict=True))
        assert 0 < half.frozen.half_effect[n] == moved < 1e-2
    there = answers_elsewhere(half.path, tmp_path, torch.from_numpy(golden_windows()))
    for n, predictions in enumerate(there, start=1):
        assert predictions.dtype == torch.float32
        assert all(map(predictions_match, predictions.flatten().tolist(), half.frozen.golden[n]))


def test_weights_too_large_for_half_precision_are_refused(own, tmp_path):
    save_linear(tmp_path / "w.pt", 1)
    state = torch.load(tmp_path / "w.pt", weights_only=True)
    state["layer.bias"] += 1e6
    torch.save(state, tmp_path / "w.pt")
    recipe = resolve({1: read_choice(own, [tmp_path / "w.pt"]), 2: CONSTANT})
    with pytest.raises(CheckpointError, match=r"w\.pt: layer\.bias reaches 1e\+06; half precision holds up to 65504"):
        build(recipe, tmp_path / "a.zip", half=True)


MEMORY = """
import sys, threading, time
from pathlib import Path
from submission_builder.freeze.builder import build
from submission_builder.freeze.choices import read_choice
from submission_builder.freeze.recipe import resolve

peak = 0
def watch():
    global peak
    while True:
        status = Path("/proc/self/status").read_text()
        peak = max(peak, int(status.split("RssAnon:")[1].split()[0]))
        time.sleep(0.005)

folder = Path(sys.argv[1])
files = sorted(folder.glob("*.pt"))
build(resolve({1: "cnn", 2: "cnn"}), folder / "small.zip")
threading.Thread(target=watch, daemon=True).start()
time.sleep(0.1)
before = peak
build(resolve({1: read_choice(f"{folder}/big.py:Big", files), 2: "constant:0"}), folder / "big.zip")
print(peak - before)
"""


@pytest.mark.slow
def test_a_build_needs_the_memory_of_one_member_not_of_all(tmp_path):
    """Twelve files of 50 MB; what the process has for itself grows by less than 160 MiB."""
    source = "import torch\nclass Big(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    source += "        self.w = torch.nn.Parameter(torch.empty(12_500_000))\n"
    source += "    def forward(self, x):\n        return x[:, 0, :1] + self.w[-1]\n"
    (tmp_path / "big.py").write_text(source)
    for i in range(12):
        torch.save({"w": torch.full((12_500_000,), float(i))}, tmp_path / f"{i:02}.pt")
    said = subprocess.run([sys.executable, "-c", MEMORY, tmp_path], check=True, capture_output=True, text=True).stdout
    assert (tmp_path / "big.zip").stat().st_size > 600_000_000
    assert int(said) < 160 * 1024
