"""Files of weights that other training programs saved."""

import argparse

import numpy as np
import pytest
import torch
from torch import nn

from model_zoo.foreign import is_torchscript, matching_prefixes, read_foreign
from submission_builder.base.errors import CheckpointError

STATE = {"layer.weight": torch.arange(6.0).view(2, 3), "layer.bias": torch.zeros(2)}


def prefixed(prefix):
    return {f"{prefix}{name}": tensor for name, tensor in STATE.items()}


def save(path, content):
    torch.save(content, path)
    return path


def fits(state):
    return {name: one.shape for name, one in state.items()} == {name: one.shape for name, one in STATE.items()}


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        prefixed("module."),
        prefixed("_orig_mod."),
        prefixed("module._orig_mod."),
        prefixed("_orig_mod.module."),
        {"layer._orig_mod.weight": STATE["layer.weight"], "layer._orig_mod.bias": STATE["layer.bias"]},
        {"state_dict": STATE, "epoch": 3},
        {"model_state_dict": prefixed("module."), "optimizer_state_dict": {"state": {0: torch.zeros(9)}}},
        {"model": STATE, "args": {"lr": 0.1}, "best": np.float64(0.98), "epoch": np.int64(7), "done": np.bool_(True)},
        {"model": STATE, "scores": [np.float32(1.5)]},
        {"net": {"layer": {"weight": STATE["layer.weight"], "bias": STATE["layer.bias"]}}, "version": 2},
        {name: tensor.numpy() for name, tensor in prefixed("network.model.").items()} | {"names": np.array(["Cz"])},
    ],
)
def test_the_nets_tensors_are_found(tmp_path, content):
    foreign = read_foreign(save(tmp_path / "w.pt", content))
    (prefix,) = matching_prefixes(foreign, fits)
    found = foreign.state(prefix)
    assert found.keys() == STATE.keys()
    assert torch.equal(found["layer.weight"], STATE["layer.weight"])


def test_a_file_from_before_torchs_zips_is_read(tmp_path):
    path = tmp_path / "w.pt"
    torch.save(STATE, path, _use_new_zipfile_serialization=False)
    foreign = read_foreign(path)
    assert foreign.tensors.keys() == STATE.keys()
    assert not foreign.plain


def test_only_a_zip_with_a_bare_state_dict_is_plain(tmp_path):
    assert read_foreign(save(tmp_path / "a.pt", STATE)).plain
    assert not read_foreign(save(tmp_path / "b.pt", prefixed("_orig_mod."))).plain
    assert not read_foreign(save(tmp_path / "c.pt", {"model": STATE})).plain
    assert not read_foreign(save(tmp_path / "d.pt", STATE | {"epoch": 3})).plain


def test_everything_outside_a_prefix_is_named_by_the_first_key_that_differs(tmp_path):
    state = prefixed("net.") | {"loss.weight": torch.zeros(1), "loss.bias": torch.zeros(1)}
    foreign = read_foreign(save(tmp_path / "w.pt", {"state_dict": state, "optimizer": {}, "epoch": 3}))
    assert foreign.left_out("state_dict.net.") == ("epoch", "optimizer", "state_dict.loss")
    assert foreign.left_out("state_dict.") == ("epoch", "optimizer")
    assert foreign.left_out("") == ("epoch", "optimizer")


def test_a_file_that_refers_to_itself_is_read(tmp_path):
    content = {"state_dict": STATE, "best": STATE}
    content["self"] = content
    foreign = read_foreign(save(tmp_path / "w.pt", content))
    assert matching_prefixes(foreign, fits) == ["state_dict."]
    assert foreign.left_out("state_dict.") == ("best", "self")


def test_a_checkpoint_of_lightning_holds_a_net_under_its_attribute(tmp_path):
    import pytorch_lightning as pl  # noqa: PLC0415 - slow to import

    class Module(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.save_hyperparameters({"lr": 1e-3})
            self.net = nn.Linear(3, 2)
            self.loss = nn.BCEWithLogitsLoss(pos_weight=torch.ones(1))

    trainer = pl.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu", barebones=True)
    module = Module()
    trainer.strategy.connect(module)
    trainer.save_checkpoint(tmp_path / "w.ckpt")
    foreign = read_foreign(tmp_path / "w.ckpt")
    (prefix,) = matching_prefixes(foreign, lambda state: state.keys() == module.net.state_dict().keys())
    assert prefix == "state_dict.net."
    assert torch.equal(foreign.state(prefix)["weight"], module.net.weight)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)


class Malicious:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Net(), "holds a .*Net, which cannot be loaded without executing code"),
        ({"model": STATE, "args": argparse.Namespace(lr=1)}, "holds a argparse.Namespace"),
        ({"model": STATE, "bad": Malicious()}, "cannot be loaded without executing code"),
        ([1, 2], "holds a list; a state_dict is expected"),
        ({"epoch": 3, "weights": {"a": 1}}, r"holds no tensors \(keys: epoch, weights\); a state_dict is expected"),
        ({}, r"holds no tensors \(keys: none\)"),
    ],
)
def test_a_file_without_a_state_dict_is_refused_and_not_executed(tmp_path, content, message, capsys):
    path = save(tmp_path / "w.pt", content)
    with pytest.raises(CheckpointError, match=message):
        read_foreign(path)
    assert "executed" not in capsys.readouterr().out


def test_an_empty_file_is_named_as_such(tmp_path):
    (tmp_path / "w.pt").touch()
    with pytest.raises(CheckpointError, match=r"w\.pt is empty"):
        read_foreign(tmp_path / "w.pt")


@pytest.mark.filterwarnings("ignore:.torch.jit")
def test_torchscript_is_not_weights(tmp_path):
    torch.jit.trace(nn.Linear(3, 2), torch.zeros(1, 3)).save(tmp_path / "s.pt")
    assert is_torchscript(tmp_path / "s.pt")
    assert not is_torchscript(save(tmp_path / "w.pt", STATE))
    with pytest.raises(CheckpointError, match="cannot be loaded as weights"):
        read_foreign(tmp_path / "s.pt")
