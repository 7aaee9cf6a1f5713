"""A checkpoint: weights (``ARCHITECTURE.TAG.pt``, tensors only) and their card (``.json``)."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from model_zoo.card import Card, read_card
from model_zoo.fingerprint import difference, shapes_of
from model_zoo.registry import architecture
from model_zoo.shipped import weights_folder
from submission_builder.base.atomic import atomic_file
from submission_builder.base.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn


@dataclass(frozen=True)
class Checkpoint:
    """Weights with their card.

    Attributes
    ----------
    weights
        The ``.pt`` file: a ``state_dict``.
    card
        What the weights are.
    """

    weights: Path
    card: Card


def weights_path(folder: Path, architecture: str, tag: str) -> Path:
    """Where the weights of a checkpoint are; its card lies beside them."""
    return folder / f"{architecture}.{tag}.pt"


def find_checkpoint(name: str, tag: str) -> Checkpoint:
    """Find shipped weights by architecture and tag.

    Raises
    ------
    CheckpointError
        If there are none.
    """
    path = weights_path(weights_folder(), name, tag)
    if not path.is_file():
        known = sorted(p.stem.removeprefix(f"{name}.") for p in weights_folder().glob(f"{name}.*.pt"))
        shipped = f"it has {', '.join(known)}" if known else "none are shipped"
        raise CheckpointError(f"{name} has no shipped weights with tag {tag!r}; {shipped}")
    return read_checkpoint(path)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint by the path of its weights.

    Raises
    ------
    CheckpointError
        If weights or card are missing, do not belong together, or do not fit the architecture that the card names.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} is no file; weights are a .pt file with a card beside it")
    card = read_card(path.with_suffix(".json"))
    if hashlib.sha256(path.read_bytes()).hexdigest() != card.weights_sha256:
        raise CheckpointError(f"{path} is not the file that its card was written for: its sha256 differs")
    row = architecture(card.architecture, card.challenge)
    require_fit(load_state(path), row.build(card.kwargs), f"{path} and the net of its card, {card.architecture}")
    return Checkpoint(path, card)


def load_state(path: Path) -> dict[str, Tensor]:
    """Load a pure ``state_dict``; nothing in the file is executed.

    Raises
    ------
    CheckpointError
        If the file holds anything but named tensors.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from error
    except Exception as error:  # of a file that is no checkpoint, torch's reader raises what it stumbles over
        raise CheckpointError(
            f"{path} cannot be loaded as weights ({type(error).__name__}); a state_dict of tensors is expected, "
            "saved by torch.save"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(f"{path} is no state_dict: it should hold named tensors and nothing else")
    return state


def require_fit(state: dict[str, Tensor], net: nn.Module, what: str) -> None:
    """Require equal names and shapes.

    Raises
    ------
    CheckpointError
        If they differ; each kind of difference is shown.
    """
    found = difference(shapes_of(state), shapes_of(net.state_dict()))
    if found:
        raise CheckpointError(f"{what} do not fit\n{found}")


def write_checkpoint(net: nn.Module, card: Card, folder: Path) -> Checkpoint:
    """Write weights and card, each whole or not at all.

    Parameters
    ----------
    net
        The trained net.
    card
        Its card, which names the files; the digest of the weights is put into it here.
    folder
        Where to write; made if absent.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = weights_path(folder, card.architecture, card.tag)
    state = {key: value.detach().cpu().contiguous() for key, value in net.state_dict().items()}
    content = io.BytesIO()  # torch itself reports a full disk as an internal error
    torch.save(state, content)
    card = replace(card, weights_sha256=hashlib.sha256(content.getbuffer()).hexdigest())
    with atomic_file(weights) as part:
        part.write_bytes(content.getbuffer())
    with atomic_file(weights.with_suffix(".json")) as part:
        part.write_text(card.dumps(), encoding="utf-8")
    return Checkpoint(weights, card)
