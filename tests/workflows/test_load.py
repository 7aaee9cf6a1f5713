"""``load``: a path, an architecture or ARCHITECTURE.TAG in, a net with trained weights out."""

import shutil

import pytest
import torch

from model_zoo.registry import find_architecture
from model_zoo.shipped import weights_folder
from submission_builder.base.errors import CheckpointError, DeviceError, RecipeError
from submission_builder.workflows.load import load

SHIPPED = ["cnn.c1-demo", "cnn.c2-demo", "lightweight_attn.c1-demo"]


def copy_weights(name, folder, to=None):
    for suffix in (".pt", ".json"):
        shutil.copy(weights_folder() / f"{name}{suffix}", folder / f"{to or name}{suffix}")
    return folder / f"{to or name}.pt"


def assert_weights(net, name):
    state = torch.load(weights_folder() / f"{name}.pt", weights_only=True)
    assert net.state_dict().keys() == state.keys()
    assert all(torch.equal(net.state_dict()[key], value) for key, value in state.items())


@pytest.mark.parametrize("name", SHIPPED)
@torch.inference_mode()
def test_shipped_weights_are_loaded_by_architecture_and_tag(name):
    net = load(name)
    assert_weights(net, name)
    assert not any(module.training for module in net.modules())
    assert net(torch.zeros(2, 129, 200)).shape == (2, 1)


def test_shipped_weights_are_loaded_by_architecture_if_there_is_one_checkpoint():
    assert_weights(load("lightweight_attn"), "lightweight_attn.c1-demo")


def test_weights_are_loaded_by_path_and_the_card_names_the_architecture(tmp_path, monkeypatch):
    """As a Path, as text, and as a bare file name in the working directory."""
    path = copy_weights("cnn.c2-demo", tmp_path, to="mine")
    monkeypatch.chdir(tmp_path)
    for checkpoint in (path, str(path), "mine.pt"):
        assert_weights(load(checkpoint), "cnn.c2-demo")


def test_the_net_is_built_with_the_arguments_in_its_card(tmp_path):
    path = copy_weights("cnn.c1-demo", tmp_path)
    card = path.with_suffix(".json")
    card.write_text(card.read_text().replace('"kwargs": {}', '"kwargs": {"drop_prob": [0.1, 0.1, 0.1]}'))
    drops = [module.p for module in load(path).modules() if isinstance(module, torch.nn.Dropout)]
    assert drops == [0.1] * 5


def test_map_location_is_the_device_of_the_net():
    net = load("cnn.c1-demo", map_location=torch.device("meta"))
    assert {parameter.device.type for parameter in net.parameters()} == {"meta"}


@pytest.mark.parametrize("device", ["cuda:99", "hpu:7", "nonsense"])
def test_a_device_that_this_machine_does_not_have_is_an_error(device):
    with pytest.raises(DeviceError, match=f"'{device}'"):
        load("cnn.c1-demo", map_location=device)


@pytest.mark.parametrize(
    ("checkpoint", "error", "message", "hint"),
    [
        ("eegnet", RecipeError, "no architecture 'eegnet'", "did you mean eeg_net?"),
        ("xyzzy", RecipeError, "no architecture 'xyzzy'", "subpack models lists them"),
        ("cnn", RecipeError, "cnn has shipped weights for each challenge", "use cnn.c1-demo or cnn.c2-demo"),
        ("tcn", RecipeError, "tcn has no shipped weights", "subpack train tcn"),
        ("constant", RecipeError, "constant has no weights", None),
        ("cnn.c1-dmo", CheckpointError, "no shipped weights with tag 'c1-dmo'", "did you mean c1-demo?"),
        ("tcn.c1", CheckpointError, "no shipped weights with tag 'c1'; none are shipped", None),
        ("absent.pt", CheckpointError, "absent.pt is not a file", None),
        ("absent.safetensors", CheckpointError, "absent.safetensors is not a file", None),
        ("runs/absent", CheckpointError, "runs/absent is not a file", None),
    ],
)
def test_the_error_for_a_missing_checkpoint_suggests_what_exists(checkpoint, error, message, hint):
    with pytest.raises(error) as caught:
        load(checkpoint)
    assert message in str(caught.value)
    assert (caught.value.hint or "").startswith(hint or "")
    assert bool(caught.value.hint) == bool(hint)


def test_the_error_for_a_missing_file_suggests_a_similar_one_of_its_folder(tmp_path):
    copy_weights("cnn.c1-demo", tmp_path)
    with pytest.raises(CheckpointError, match=r"cnn\.c1-dem\.pt is not a file") as caught:
        load(tmp_path / "cnn.c1-dem.pt")
    assert caught.value.hint == "did you mean cnn.c1-demo.pt?"


def test_weights_without_a_card_are_an_error(tmp_path):
    torch.save(find_architecture("cnn", 1).build({}).state_dict(), tmp_path / "w.pt")
    with pytest.raises(CheckpointError, match=r"the card .*w\.json does not exist"):
        load(tmp_path / "w.pt")
