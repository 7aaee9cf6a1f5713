"""Checkpoints: weights and cards, and the errors if they do not fit."""

import hashlib
import json
import pickle

import pytest
import torch

from model_zoo.card import Card, read_card
from model_zoo.checkpoint import read_checkpoint, write_checkpoint
from model_zoo.registry import ARCHITECTURES, find_architecture
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
    return write_checkpoint(find_architecture("cnn", 1).build({}), card(), tmp_path)


def test_a_checkpoint_is_two_files_and_reads_back_equal(written):
    assert sorted(p.name for p in written.weights.parent.iterdir()) == ["cnn.t.json", "cnn.t.pt"]
    assert read_checkpoint(written.weights) == written


def update_digest(written):
    """Write the digest of the changed weights into the card."""
    path = written.weights.with_suffix(".json")
    digest = hashlib.sha256(written.weights.read_bytes()).hexdigest()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"weights_sha256": digest}))


def test_weights_with_another_digest_than_in_their_card_are_an_error(written):
    content = bytearray(written.weights.read_bytes())
    content[len(content) // 2] ^= 1
    written.weights.write_bytes(content)
    with pytest.raises(CheckpointError, match="is not the one in its card"):
        read_checkpoint(written.weights)


def test_the_error_for_weights_that_do_not_fit_lists_every_kind_of_difference(written):
    state = torch.load(written.weights, weights_only=True)
    state["trunk.0.0.weight"] = torch.zeros(32, 128, 7)
    state["extra"] = state.pop("head.0.bias")
    torch.save(state, written.weights)
    update_digest(written)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(written.weights)
    assert "missing: head.0.bias" in str(caught.value)
    assert "unexpected: extra" in str(caught.value)
    assert "trunk.0.0.weight is (32, 128, 7), the net has (32, 129, 7)" in str(caught.value)


class Malicious:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"text", pickle.dumps(Malicious(), protocol=2)])
def test_a_file_without_weights_is_an_error_and_its_code_is_not_executed(written, content, capsys):
    written.weights.write_bytes(content)
    update_digest(written)
    with pytest.raises(CheckpointError, match="cannot be loaded as weights"):
        read_checkpoint(written.weights)
    assert "executed" not in capsys.readouterr().out


def test_a_file_with_more_than_tensors_is_an_error(written):
    torch.save({"model": {"w": torch.zeros(1)}, "epoch": 3}, written.weights)
    update_digest(written)
    with pytest.raises(CheckpointError, match="is not a pure state_dict"):
        read_checkpoint(written.weights)


def test_weights_without_a_card_are_an_error(written):
    written.weights.with_suffix(".json").unlink()
    with pytest.raises(CheckpointError, match=r"the card .*cnn\.t\.json does not exist"):
        read_checkpoint(written.weights)


def test_a_card_with_other_keys_or_not_json_is_an_error(written):
    path = written.weights.with_suffix(".json")
    path.write_text(json.dumps({"architecture": "cnn"}))
    with pytest.raises(CheckpointError, match=r"they differ in challenge, commit, .*, weights_sha256$"):
        read_card(path)
    path.write_text("{")
    with pytest.raises(CheckpointError, match="is not JSON"):
        read_card(path)


shipped = [architecture for architecture in ARCHITECTURES if architecture.shipped_tag]


@pytest.mark.parametrize(
    "architecture", shipped, ids=lambda architecture: f"{architecture.name}.{architecture.shipped_tag}"
)
def test_shipped_weights_fit_and_their_card_contains_the_word_simulated(architecture):
    checkpoint = read_checkpoint(weights_folder() / f"{architecture.name}.{architecture.shipped_tag}.pt")
    assert (checkpoint.card.architecture, checkpoint.card.challenge) == (architecture.name, architecture.challenge)
    assert "SIMULATED" in checkpoint.card.summary
    assert all(data["simulated"] for data in checkpoint.card.data)
    assert checkpoint.card.scores["test"]["nrmse"] < 1


def test_shipped_tags_are_unique_and_every_file_is_registered():
    names = [f"{architecture.name}.{architecture.shipped_tag}" for architecture in shipped]
    assert sorted(names) == sorted(path.stem for path in weights_folder().glob("*.pt"))
    assert sorted(names) == sorted(path.stem for path in weights_folder().glob("*.json"))


def test_all_shipped_weights_together_are_smaller_than_4_mb():
    assert sum(path.stat().st_size for path in weights_folder().iterdir()) < 4e6
