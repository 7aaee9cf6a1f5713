"""Weights, cards and what is said when they do not fit."""

import hashlib
import json
import pickle

import pytest
import torch

from model_zoo.card import Card, read_card
from model_zoo.checkpoint import read_checkpoint, write_checkpoint
from model_zoo.registry import ARCHITECTURES, architecture
from model_zoo.shipped import weights_folder
from submission_builder.base.errors import CheckpointError


def card(**changes):
    fields = {
        "architecture": "cnn",
        "tag": "t",
        "challenge": 1,
        "kwargs": {},
        "summary": "Untrained.",
        "weights_sha256": "",
        "n_parameters": 74_753,
        "data": [],
        "subjects_digest": "",
        "split": {},
        "scores": {},
        "config": {},
        "commit": None,
        "versions": {},
    }
    return Card(**fields | changes)


@pytest.fixture
def written(tmp_path):
    return write_checkpoint(architecture("cnn", 1).build({}), card(), tmp_path)


def test_a_checkpoint_is_two_files_that_read_back(written):
    assert sorted(p.name for p in written.weights.parent.iterdir()) == ["cnn.t.json", "cnn.t.pt"]
    assert read_checkpoint(written.weights) == written


def sign(written):
    """Write the digest of changed weights into their card."""
    path = written.weights.with_suffix(".json")
    digest = hashlib.sha256(written.weights.read_bytes()).hexdigest()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"weights_sha256": digest}))


def test_weights_that_are_not_their_cards_are_refused(written):
    content = bytearray(written.weights.read_bytes())
    content[len(content) // 2] ^= 1
    written.weights.write_bytes(content)
    with pytest.raises(CheckpointError, match="is not the file that its card was written for"):
        read_checkpoint(written.weights)


def test_weights_that_do_not_fit_show_every_kind_of_difference(written):
    state = torch.load(written.weights, weights_only=True)
    state["trunk.0.0.weight"] = torch.zeros(32, 128, 7)
    state["extra"] = state.pop("head.0.bias")
    torch.save(state, written.weights)
    sign(written)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(written.weights)
    assert "missing: head.0.bias" in str(caught.value)
    assert "unexpected: extra" in str(caught.value)
    assert "trunk.0.0.weight is (32, 128, 7) where the net has (32, 129, 7)" in str(caught.value)


class Malicious:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"text", pickle.dumps(Malicious(), protocol=2)])
def test_a_file_that_holds_no_weights_is_refused_and_not_executed(written, content, capsys):
    written.weights.write_bytes(content)
    sign(written)
    with pytest.raises(CheckpointError, match="cannot be loaded as weights"):
        read_checkpoint(written.weights)
    assert "executed" not in capsys.readouterr().out


def test_a_file_with_more_than_tensors_is_refused(written):
    torch.save({"model": {"w": torch.zeros(1)}, "epoch": 3}, written.weights)
    sign(written)
    with pytest.raises(CheckpointError, match="is no state_dict"):
        read_checkpoint(written.weights)


def test_weights_without_a_card_are_refused(written):
    written.weights.with_suffix(".json").unlink()
    with pytest.raises(CheckpointError, match=r"the card .*cnn\.t\.json is not there"):
        read_checkpoint(written.weights)


def test_a_card_of_another_shape_is_refused(written):
    path = written.weights.with_suffix(".json")
    path.write_text(json.dumps({"architecture": "cnn"}))
    with pytest.raises(CheckpointError, match="differs in"):
        read_card(path)
    path.write_text("{")
    with pytest.raises(CheckpointError, match="is not JSON"):
        read_card(path)


shipped = [row for row in ARCHITECTURES if row.shipped_tag]


@pytest.mark.parametrize("row", shipped, ids=lambda row: f"{row.name}.{row.shipped_tag}")
def test_shipped_weights_fit_and_say_that_they_rest_on_simulation(row):
    checkpoint = read_checkpoint(weights_folder() / f"{row.name}.{row.shipped_tag}.pt")
    assert (checkpoint.card.architecture, checkpoint.card.challenge) == (row.name, row.challenge)
    assert "SIMULATED" in checkpoint.card.summary
    assert all(data["simulated"] for data in checkpoint.card.data)
    assert checkpoint.card.scores["test"]["nrmse"] < 1


def test_shipped_tags_are_unique_and_every_file_is_in_the_table():
    names = [f"{row.name}.{row.shipped_tag}" for row in shipped]
    assert sorted(names) == sorted(path.stem for path in weights_folder().glob("*.pt"))
    assert sorted(names) == sorted(path.stem for path in weights_folder().glob("*.json"))


def test_shipped_weights_stay_below_4_mb_in_all():
    assert sum(path.stat().st_size for path in weights_folder().iterdir()) < 4e6
