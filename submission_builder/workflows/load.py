"""Load a net with its trained weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from model_zoo.checkpoint import find_checkpoint, load_net, read_checkpoint
from model_zoo.registry import architectures_named
from submission_builder.base.errors import DeviceError, RecipeError
from submission_builder.freeze.spec import WEIGHTS_SUFFIXES

if TYPE_CHECKING:
    import torch
    from torch import nn

    from model_zoo.checkpoint import Checkpoint


def load(checkpoint: str | Path, *, map_location: str | torch.device = "cpu") -> nn.Module:
    """Load a net with its trained weights, in eval mode.

    Parameters
    ----------
    checkpoint
        The path of weights with a card beside them, such as ``runs/latency_tcn.c1-seed0.pt``; an architecture with
        shipped weights, such as ``lightweight_attn``; or shipped weights as ``ARCHITECTURE.TAG``, such as
        ``cnn.c2-demo``.
    map_location
        Device of the net.

    Returns
    -------
    torch.nn.Module
        The net. It maps windows ``(batch, 129, 200)`` in volts to predictions ``(batch, 1)`` in the unit of the target.

    Raises
    ------
    RecipeError
        If there is no architecture of this name, or it has no shipped weights, or several.
    CheckpointError
        If the weights or their card are missing, or do not fit each other or the architecture.
    DeviceError
        If this machine does not have the device.

    Examples
    --------
    >>> import submission_builder as sb
    >>> import torch
    >>> net = sb.load("lightweight_attn")
    >>> net(torch.zeros(2, 129, 200)).shape
    torch.Size([2, 1])
    >>> sum(p.numel() for p in sb.load("cnn.c2-demo").parameters())
    64001
    """
    net = load_net(_find(checkpoint))
    try:
        return net.to(map_location)
    except (RuntimeError, AssertionError, ImportError) as error:  # the type depends on the device and torch's build
        reason = str(error).partition("\n")[0]
        raise DeviceError(f"the net cannot be moved to the device {str(map_location)!r}: {reason}") from error


def _find(checkpoint: str | Path) -> Checkpoint:
    path = Path(checkpoint)
    if isinstance(checkpoint, Path) or path.suffix in WEIGHTS_SUFFIXES or path.name != checkpoint or path.is_file():
        return read_checkpoint(path)
    name, _, tag = checkpoint.partition(".")
    return find_checkpoint(name, tag or _only_shipped_tag(name))


def _only_shipped_tag(name: str) -> str:
    architectures = architectures_named(name)
    tags = [architecture.shipped_tag for architecture in architectures if architecture.shipped_tag]
    if len(tags) == 1:
        return tags[0]
    if tags:
        alternatives = " or ".join(f"{name}.{tag}" for tag in tags)
        raise RecipeError(f"{name} has shipped weights for each challenge; one is expected", hint=f"use {alternatives}")
    if architectures[0].value is not None:
        raise RecipeError(f"{name} has no weights; an architecture with weights is expected")
    raise RecipeError(
        f"{name} has no shipped weights",
        hint=f"subpack train {name} writes weights; load them by their path, which ends in .pt",
    )
