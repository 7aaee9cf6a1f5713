"""What a net is made of: parameters, layers, and what each layer hands on."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import nn

N_CHANS, N_TIMES = 129, 200


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
            net.eval()(torch.zeros(1, N_CHANS, N_TIMES))
    finally:
        for hook in hooks:
            hook.remove()
    return seen
