"""What the zoo holds and what a net is made of: parameters, layers, and what each layer hands on."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from model_zoo.registry import ARCHITECTURES, Architecture, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

_N_CHANS, _N_TIMES = 129, 200


@dataclass(frozen=True)
class Entry:
    """One net of the zoo, for the challenges that it is made for.

    Attributes
    ----------
    name
        Registered name of the architecture.
    n_parameters
        Trainable numbers.
    challenges
        Numbers of the challenges, sorted.
    tags
        Of shipped weights.
    source
        Where the architecture is described.
    """

    name: str
    n_parameters: int
    challenges: tuple[int, ...]
    tags: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Layer:
    """One layer, as it was called.

    Attributes
    ----------
    name
        Where it stands in the net, as in the state dict.
    kind
        Its class.
    shape
        What it hands on for one window, whose axis is the first.
    n_parameters
        Trainable numbers; counted where it is called first.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    n_parameters: int


def nets_of(name: str | None = None, challenge: int | None = None) -> list[tuple[Entry, nn.Module]]:
    """Build what the zoo holds, with fresh weights; a net that serves both challenges is built once.

    Parameters
    ----------
    name
        Registered name; None for all.
    challenge
        1 or 2; None for both.

    Raises
    ------
    RecipeError
        If there is no architecture of that name.
    """
    alike: dict[tuple[str, str], list[Architecture]] = {}
    for row in ARCHITECTURES if name is None else rows_of(name):
        if challenge in {None, row.challenge}:
            alike.setdefault((row.name, row.class_name), []).append(row)
    return [_built(rows) for rows in alike.values()]


def _built(rows: Sequence[Architecture]) -> tuple[Entry, nn.Module]:
    first = rows[0]
    net = first.build({first.value: 0.0} if first.value else {})
    tags = tuple(row.shipped_tag for row in rows if row.shipped_tag)
    return Entry(first.name, n_parameters(net), tuple(row.challenge for row in rows), tags, first.source), net


def n_parameters(net: nn.Module) -> int:
    """Count the trainable numbers."""
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def layers(net: nn.Module) -> list[Layer]:
    """Hand one window of zeros to a net and see what its layers make of it.

    Parameters
    ----------
    net
        Left in eval mode.

    Returns
    -------
    list[Layer]
        Those that hold no others, in the order in which they were called.
    """
    seen: list[Layer] = []

    def see(name: str, module: nn.Module, _: Any, out: object) -> None:
        if isinstance(out, torch.Tensor):
            again = any(layer.name == name for layer in seen)
            own = 0 if again else n_parameters(module)
            seen.append(Layer(name, type(module).__name__, tuple(out.shape), own))

    leaves = {name: module for name, module in net.named_modules() if not list(module.children())}
    hooks = [module.register_forward_hook(partial(see, name)) for name, module in leaves.items()]
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.eval()(torch.zeros(1, _N_CHANS, _N_TIMES))
    finally:
        for hook in hooks:
            hook.remove()
    return seen
