"""Number of parameters of a net, and its layers with their output shapes."""

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
    """One call of a layer."""

    name: str  # as in named_modules
    kind: str  # class name
    shape: tuple[int, ...]  # of the output for one window; the batch axis is the first
    n_parameters: int  # trainable; 0 for every call after the first


def n_parameters(net: nn.Module) -> int:
    """Count the trainable parameters."""
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def layers(net: nn.Module) -> list[Layer]:
    """Trace the layers of a net on one window of zeros.

    Parameters
    ----------
    net
        Is in eval mode afterwards.

    Returns
    -------
    list[Layer]
        The modules without submodules that return a tensor, in the order of their calls.
    """
    traced: list[Layer] = []

    def record(name: str, module: nn.Module, _: Any, output: object) -> None:
        if isinstance(output, torch.Tensor):
            called_before = any(layer.name == name for layer in traced)
            own = 0 if called_before else n_parameters(module)
            traced.append(Layer(name, type(module).__name__, tuple(output.shape), own))

    leaves = {name: module for name, module in net.named_modules() if not list(module.children())}
    hooks = [module.register_forward_hook(partial(record, name)) for name, module in leaves.items()]
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.eval()(torch.zeros(1, N_CHANS, N_TIMES))
    finally:
        for hook in hooks:
            hook.remove()
    return traced
