"""A checkpoint: weights (``ARCHITECTURE.TAG.pt``, tensors only) and their card (``ARCHITECTURE.TAG.json``)."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from model_zoo.card import Card, read_card
from model_zoo.fingerprint import difference, shapes_of
from model_zoo.registry import find_architecture
from model_zoo.shipped import weights_folder
from submission_builder.base.atomic import atomic_file
from submission_builder.base.errors import CheckpointError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn


@dataclass(frozen=True)
class Checkpoint:
    """Weights and their card."""

    weights: Path  # a .pt file that contains a state_dict
    card: Card


def weights_path(folder: Path, architecture: str, tag: str) -> Path:
    """Return the path of a checkpoint's weights; its card has the same stem."""
    return folder / f"{architecture}.{tag}.pt"


def shipped_tags(name: str) -> list[str]:
    """List the tags of an architecture's shipped weights, sorted."""
    return sorted(path.stem.removeprefix(f"{name}.") for path in weights_folder().glob(f"{name}.*.pt"))


def find_checkpoint(name: str, tag: str) -> Checkpoint:
    """Read shipped weights by architecture and tag.

    Raises
    ------
    CheckpointError
        If no weights with this tag are shipped.
    """
    path = weights_path(weights_folder(), name, tag)
    if path.is_file():
        return read_checkpoint(path)
    tags = shipped_tags(name)
    shipped = f"its shipped tags are {', '.join(tags)}" if tags else "none are shipped"
    raise CheckpointError(f"{name} has no shipped weights with tag {tag!r}; {shipped}", hint=did_you_mean(tag, tags))


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint by the path of its weights.

    Raises
    ------
    CheckpointError
        If the weights or the card are missing, do not belong together, or do not fit the architecture in the card.
    """
    if not path.is_file():
        there = sorted(other.name for other in path.parent.glob("*.pt"))
        raise CheckpointError(
            f"{path} is not a file; a checkpoint is a .pt file with a .json card beside it",
            hint=did_you_mean(path.name, there),
        )
    card = read_card(path.with_suffix(".json"))
    if hashlib.sha256(path.read_bytes()).hexdigest() != card.weights_sha256:
        raise CheckpointError(f"the sha256 of {path} is not the one in its card")
    net = find_architecture(card.architecture, card.challenge).build(card.kwargs)
    require_fit(load_state(path), net, f"{path} and {card.architecture}, the architecture in its card,")
    return Checkpoint(path, card)


def load_net(checkpoint: Checkpoint) -> nn.Module:
    """Build the net of a checkpoint, in eval mode, with its weights."""
    card = checkpoint.card
    net = find_architecture(card.architecture, card.challenge).build(card.kwargs)
    net.load_state_dict(load_state(checkpoint.weights), strict=True)
    return net.eval()


def load_state(path: Path) -> dict[str, Tensor]:
    """Load a pure ``state_dict`` onto the CPU, with ``weights_only=True``: no code in the file is executed.

    Raises
    ------
    CheckpointError
        If the file contains anything but named tensors.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from error
    except Exception as error:  # torch.load raises errors of many types for a file that is not a checkpoint
        raise CheckpointError(
            f"{path} cannot be loaded as weights ({type(error).__name__}); a state_dict of tensors that torch.save "
            "wrote is expected"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(f"{path} is not a pure state_dict; named tensors and nothing else are expected")
    return state


def require_fit(state: dict[str, Tensor], net: nn.Module, what: str) -> None:
    """Require that a state dict has the names and shapes of a net's.

    Parameters
    ----------
    state
        The state dict.
    net
        The net.
    what
        Names both in the error message.

    Raises
    ------
    CheckpointError
        If they differ; the message lists the keys of each kind of difference.
    """
    found = difference(shapes_of(state), shapes_of(net.state_dict()))
    if found:
        raise CheckpointError(f"{what} do not fit\n{found}")


def write_checkpoint(net: nn.Module, card: Card, folder: Path) -> Checkpoint:
    """Write weights and card, each atomically.

    Parameters
    ----------
    net
        The trained net.
    card
        Its card, which determines the file names. This function sets ``weights_sha256``.
    folder
        Is created if it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = weights_path(folder, card.architecture, card.tag)
    state = {key: value.detach().cpu().contiguous() for key, value in net.state_dict().items()}
    content = io.BytesIO()  # torch.save to a full disk would raise an internal error of torch, not an OSError
    torch.save(state, content)
    card = replace(card, weights_sha256=hashlib.sha256(content.getbuffer()).hexdigest())
    with atomic_file(weights) as part:
        part.write_bytes(content.getbuffer())
    with atomic_file(weights.with_suffix(".json")) as part:
        part.write_text(card.dumps(), encoding="utf-8")
    return Checkpoint(weights, card)
