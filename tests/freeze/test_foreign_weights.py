"""Weights without a card: recognised by names and shapes, from whatever file a training program left."""

import json
import time
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from model_zoo.registry import find_architecture
from submission_builder.base.errors import CheckpointError
from submission_builder.freeze.builder import write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.freeze.spec import parse_model
from submission_builder.protocol.golden import golden_windows, predictions_match

CONSTANT = "constant:0"


def untrained(name="cnn", seed=0, challenge=1, **kwargs):
    torch.manual_seed(seed)
    return find_architecture(name, challenge).build(kwargs).eval()


def under(prefix, net):
    return {f"{prefix}{name}": tensor for name, tensor in net.state_dict().items()}


def golden(net):
    with torch.inference_mode():
        return net(torch.from_numpy(golden_windows())).flatten().tolist()


def member(path, *, net=None, challenge=1):
    """Resolve a file of weights, alone or as the weights of a named net."""
    spec = parse_model(net, [path]) if net else str(path)
    return resolve({challenge: spec, 3 - challenge: CONSTANT})[challenge].members[0]


def saved(folder, content, name="w.pt"):
    torch.save(content, folder / name)
    return folder / name


def optimizer_of(net):
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.zeros(1, 129, 200)).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


LIGHTNING = {"pytorch-lightning_version": "2.5.0", "epoch": 3}

FILES = {
    "bare": lambda net: net.state_dict(),
    "DistributedDataParallel": lambda net: {"state_dict": under("module.", net), "optimizer": optimizer_of(net)},
    "Lightning": lambda net: LIGHTNING | {"state_dict": under("net._orig_mod.", net) | {"loss.weight": torch.ones(1)}},
    "one prefix under state_dict": lambda net: {"state_dict": under("net.", net)},
    "several prefixes": lambda net: under("network.model.", net),
    "three levels": lambda net: {"model": under("module.network.model.", net), "epoch": 3},
    "nested dicts": lambda net: {"checkpoint": {"weights": {"net": net.state_dict()}}, "args": {"lr": 0.1}},
    "modules as dicts": lambda net: {
        "net": {name: module.state_dict() for name, module in net.named_children() if module.state_dict()}
    },
    "AveragedModel": lambda net: torch.optim.swa_utils.AveragedModel(net).state_dict(),
    "with a running average": lambda net: {"net": net.state_dict(), "net_ema": untrained(seed=1).state_dict()},
    "with an average under the same key": lambda net: {
        "state_dict": under("net.", net) | under("ema.module.", untrained(seed=1))
    },
    "a running average alone": lambda net: {"ema": net.state_dict(), "optimizer": optimizer_of(net)},
    "beside nested dicts": lambda net: (
        net.state_dict() | {"optimizer": optimizer_of(net), "ema": untrained(seed=1).state_dict()}
    ),
    "two names of one module": lambda net: {"state_dict": under("net.", net) | under("model.", net)},
    "beside another net": lambda net: {"state_dict": under("net.", net) | under("teacher.", nn.Linear(3, 2))},
    "numpy arrays": lambda net: {
        "state_dict": {name: one.numpy() for name, one in under("net.", net).items()},
        "best": np.float64(1),
    },
    "half precision": lambda net: {name: one.half() for name, one in under("net.", net).items()},
    "bfloat16": lambda net: {name: one.bfloat16() for name, one in net.state_dict().items()},
}


@pytest.mark.parametrize("file", FILES)
def test_weights_are_recognised_under_any_prefix_and_packed_without_it(file, tmp_path):
    """The zip holds the names of the net, and predicts as the net does."""
    net = untrained()
    path = saved(tmp_path, FILES[file](net), "mine.pt")
    built = write_submission(resolve({1: str(path), 2: CONSTANT}), tmp_path / "a.zip")
    tolerance = 2e-2 if file in ("half precision", "bfloat16") else 1e-6
    assert built.frozen.golden[1] == pytest.approx(golden(net), abs=tolerance)
    assert "mine.pt: recognised as cnn by the names and shapes of its tensors" in built.frozen.notes
    assert "mine.pt: nothing is known of its training" in built.frozen.notes
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        with archive.open("mine.pt") as packed:
            assert torch.load(packed, weights_only=True).keys() == net.state_dict().keys()
    assert manifest["challenges"]["1"]["members"][0]["trained"] == {"card": None, "data": None, "pretrained": None}
    assert manifest["document"]["unknown"] == ["cnn"]


@pytest.mark.parametrize("file", FILES)
def test_a_named_architecture_finds_its_weights_under_any_prefix(file, tmp_path):
    path = saved(tmp_path, FILES[file](untrained()))
    assert member(path, net="cnn").weights.state().keys() == untrained().state_dict().keys()


def test_everything_that_is_not_packed_is_named(tmp_path):
    content = LIGHTNING | {"state_dict": under("net.", untrained()) | {"loss.weight": torch.ones(1)}, "optimizer": {}}
    assert (
        "w.pt: not packed: epoch, optimizer, pytorch-lightning_version, state_dict.loss"
        in member(saved(tmp_path, content)).notes
    )


def several(*nets):
    return {name: untrained(kind, seed).state_dict() for seed, (name, kind) in enumerate(nets)}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (several(("generator", "cnn"), ("critic", "cnn")), "critic (fits cnn), generator (fits cnn)"),
        ({"state_dict": several(("a", "cnn"), ("b", "cnn"))}, "state_dict.a (fits cnn), state_dict.b (fits cnn)"),
        ({"folds": [*several(("0", "cnn"), ("1", "cnn")).values()]}, "folds.0 (fits cnn), folds.1 (fits cnn)"),
        (several(("a", "cnn"), ("b", "tcn")), "a (fits cnn), b (fits tcn)"),
        ([*several(("0", "cnn"), ("1", "cnn")).values()], None),
    ],
)
def test_two_nets_in_one_file_are_refused(tmp_path, content, shown):
    """One file can mean either; only equal tensors and running averages do not count as a second net."""
    path = saved(tmp_path, content)
    with pytest.raises(CheckpointError) as caught:
        member(path)
    message = f"{path} holds 2 nets: {shown}; one is expected" if shown else f"{path} holds a list"
    assert str(caught.value).startswith(message)


def test_a_named_architecture_decides_between_two_nets_in_one_file(tmp_path):
    path = saved(tmp_path, under("a.", untrained()) | under("b.", untrained("tcn")))
    assert member(path, net="tcn").weights.prefix == "b."
    with pytest.raises(CheckpointError) as caught:
        member(path)
    assert caught.value.hint == f"name the architecture: --c1 cnn --c1-weights {path}"
    twice = saved(tmp_path, under("a.", untrained()) | under("b.", untrained(seed=1)), "twice.pt")
    with pytest.raises(CheckpointError, match=r"a \(fits cnn\), b \(fits cnn\)"):
        member(twice, net="cnn")


def test_the_usual_key_is_used_before_others(tmp_path):
    """A file of several checkpoints has one under state_dict, model_state_dict or model."""
    content = {"best_model": untrained(seed=1).state_dict(), "model_state_dict": untrained(seed=2).state_dict()}
    found = member(saved(tmp_path, content))
    assert found.weights.prefix == "model_state_dict."
    assert "w.pt: not packed: best_model" in found.notes


def renamed(state):
    state["extra"] = state.pop("head.0.bias")
    return state


def reshaped(state):
    return state | {"head.0.weight": torch.zeros(3, 2)}


@pytest.mark.parametrize("prefix", ["", "net.", "network.model."])
@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (renamed, "  missing: head.0.bias\n  unexpected: extra"),
        (reshaped, "head.0.weight is (3, 2), the net has "),
    ],
)
def test_weights_that_fit_nothing_show_the_nearest_architecture(tmp_path, prefix, change, shown):
    """The difference is shown without the prefix, so that it does not hide it."""
    state = {f"{prefix}{name}": one for name, one in change(untrained().state_dict()).items()}
    with pytest.raises(CheckpointError) as caught:
        member(saved(tmp_path, {"state_dict": state, "optimizer": optimizer_of(untrained())}))
    assert "fits no architecture of challenge 1; the nearest is cnn" in str(caught.value)
    assert f"(without the prefix state_dict.{prefix})" in str(caught.value)
    assert shown in str(caught.value)


@pytest.mark.parametrize(
    "content", [{"a": torch.zeros(2), "b": torch.zeros(3)}, {"state_dict": {"x.y": torch.zeros(1)}}]
)
def test_weights_unlike_any_architecture_name_no_nearest_one(tmp_path, content):
    with pytest.raises(
        CheckpointError, match="fits no architecture of challenge 1; no architecture has a tensor of the names"
    ):
        member(saved(tmp_path, content))


@pytest.mark.parametrize("prefix", ["", "net.", "state_dict.module."])
def test_weights_of_the_other_challenges_net_are_refused(tmp_path, prefix):
    with pytest.raises(CheckpointError, match="fits cnn of challenge 1; a net for challenge 2 is expected"):
        member(saved(tmp_path, under(prefix, untrained())), challenge=2)


@pytest.mark.parametrize("prefix", ["", "model.", "network.model."])
def test_braindecodes_own_weights_are_refused_as_our_net_standardises_first(tmp_path, prefix):
    with pytest.raises(CheckpointError, match=r"braindecode's own EEGNeX.* predict other values") as caught:
        member(saved(tmp_path, under(prefix, untrained("eegnex").net)))
    assert 'net = "braindecode.models:EEGNeX"' in caught.value.hint


def test_a_note_tells_our_braindecode_net_from_braindecodes_own(tmp_path):
    """A training module whose attribute `net` is braindecode's own net gives the same names."""
    notes = member(saved(tmp_path, {"state_dict": under("net.", untrained("eegnex").net)})).notes
    assert any("eegnex standardises each window before braindecode's EEGNeX" in note for note in notes)


@pytest.mark.parametrize(("prefix", "shown"), [("", r"\n"), ("lit.net.", r" \(without the prefix lit\.net\.\)\n")])
def test_a_named_architecture_refuses_weights_of_other_arguments(tmp_path, prefix, shown):
    path = saved(tmp_path, under(prefix, untrained("sparse_attn", n_rounds=3)))
    with pytest.raises(CheckpointError, match=rf"w\.pt and sparse_attn do not fit{shown}  reshaped: "):
        member(path, net="sparse_attn")


@pytest.mark.parametrize("fits", [True, False])
def test_large_checkpoints_are_searched_in_seconds(tmp_path, fits):
    """Three thousand tensors with the state of an optimizer take about a second, not a minute."""
    state = {f"backbone.{i}.w{j}": torch.zeros(1) for i in range(1000) for j in range(3)}
    state |= under("net.", untrained()) if fits else {}
    moments = {i: {"exp_avg": torch.zeros(1), "exp_avg_sq": torch.zeros(1)} for i in range(3000)}
    path = saved(tmp_path, {"state_dict": state, "optimizer": {"state": moments}})
    began = time.process_time()
    if fits:
        assert member(path).weights.prefix == "state_dict.net."
    else:
        with pytest.raises(CheckpointError, match="no architecture has a tensor of the names"):
            member(path)
    assert time.process_time() - began < 10


@pytest.mark.parametrize("prefix", ["", "net.", "network.model."])
def test_safetensors_are_packed_as_a_state_dict(tmp_path, prefix, predict_in_clean_process):
    net = untrained()
    save_file(under(prefix, net), tmp_path / "model.safetensors", {"format": "pt"})
    built = write_submission(resolve({1: f"{tmp_path}/model.safetensors", 2: CONSTANT}), tmp_path / "a.zip")
    assert "model.pt" in built.frozen.entries
    X = torch.from_numpy(golden_windows())
    assert all(
        map(predictions_match, predict_in_clean_process(built.path, tmp_path, X)[0].flatten().tolist(), golden(net))
    )


def test_safetensors_are_recognised_by_content(tmp_path):
    save_file(untrained().state_dict(), tmp_path / "model.bin")
    assert member(tmp_path / "model.bin").source.label == "cnn"


def test_safetensors_of_half_precision_fit_a_named_net(tmp_path):
    save_file({name: one.half() for name, one in under("net.", untrained()).items()}, tmp_path / "model.safetensors")
    assert member(tmp_path / "model.safetensors", net="cnn").weights.prefix == "net."


@pytest.mark.parametrize("net", [None, "cnn"])
def test_safetensors_of_wrong_shapes_are_refused_with_both_shapes(tmp_path, net):
    state = under("net.", untrained())
    shape = tuple(state["net.head.0.weight"].shape)
    save_file(state | {"net.head.0.weight": torch.zeros(3, 2)}, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError) as caught:
        member(tmp_path / "model.safetensors", net=net)
    assert f"head.0.weight is (3, 2), the net has {shape}" in str(caught.value)


@pytest.mark.parametrize("cut", [4, 100, -100])
def test_truncated_safetensors_are_refused(tmp_path, cut):
    path = tmp_path / "model.safetensors"
    save_file(untrained().state_dict(), path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CheckpointError, match=r"model\.safetensors cannot be loaded as weights \(SafetensorError"):
        member(path)
