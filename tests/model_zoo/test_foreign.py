"""Weights that were saved elsewhere."""

import argparse

import numpy as np
import pytest
import torch
from torch import nn

from model_zoo.foreign import attributes, is_torchscript, read_foreign
from submission_builder.base.errors import CheckpointError

STATE = {"layer.weight": torch.arange(6.0).view(2, 3), "layer.bias": torch.zeros(2)}


def prefixed(prefix):
    return {f"{prefix}{name}": tensor for name, tensor in STATE.items()}


def save(path, content):
    torch.save(content, path)
    return path


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
    ],
)
def test_the_nets_tensors_are_found(tmp_path, content):
    found = read_foreign(save(tmp_path / "w.pt", content)).state
    assert found.keys() == STATE.keys()
    assert torch.equal(found["layer.weight"], STATE["layer.weight"])


def test_a_file_from_before_torchs_zips_is_read(tmp_path):
    path = tmp_path / "w.pt"
    torch.save(STATE, path, _use_new_zipfile_serialization=False)
    foreign = read_foreign(path)
    assert foreign.state.keys() == STATE.keys()
    assert not foreign.pure


def test_only_a_bare_state_is_pure(tmp_path):
    assert read_foreign(save(tmp_path / "a.pt", STATE)).pure
    assert not read_foreign(save(tmp_path / "b.pt", prefixed("module."))).pure
    assert not read_foreign(save(tmp_path / "c.pt", {"model": STATE})).pure


def test_what_is_left_out_is_named(tmp_path):
    foreign = read_foreign(save(tmp_path / "w.pt", {"state_dict": STATE, "optimizer": {}, "epoch": 3}))
    assert foreign.left == ("epoch", "optimizer")


def test_a_real_checkpoint_of_lightnings_gives_the_net_of_each_attribute(tmp_path):
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
    found = dict(attributes(foreign))
    assert list(found) == ["", "net", "loss"]
    assert torch.equal(found["net"]["weight"], module.net.weight)


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
        (Net(), "holds a .*Net, which only its own code can make"),
        ({"model": STATE, "args": argparse.Namespace(lr=1)}, "holds a argparse.Namespace"),
        ({"model": STATE, "bad": Malicious()}, "nothing in it is executed"),
        ([1, 2], "holds a list; a state_dict is expected"),
        ({"epoch": 3, "weights": {"a": 1}}, "holds epoch, weights; a state_dict is expected, alone or as state_dict"),
        ({}, "holds nothing"),
    ],
)
def test_a_file_without_a_state_is_explained_and_not_executed(tmp_path, content, message, capsys):
    path = save(tmp_path / "w.pt", content)
    with pytest.raises(CheckpointError, match=message):
        read_foreign(path)
    assert "executed" not in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:.torch.jit")
def test_torchscript_is_told_from_weights(tmp_path):
    torch.jit.trace(nn.Linear(3, 2), torch.zeros(1, 3)).save(tmp_path / "s.pt")
    assert is_torchscript(tmp_path / "s.pt")
    assert not is_torchscript(save(tmp_path / "w.pt", STATE))
    with pytest.raises(CheckpointError, match="cannot be loaded as weights"):
        read_foreign(tmp_path / "s.pt")
