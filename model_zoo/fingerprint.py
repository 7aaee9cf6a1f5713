"""Fingerprints: the names and shapes of a net's tensors, which identify the architecture of some weights."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_zoo.registry import ARCHITECTURES, Architecture, find_architecture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

Shapes = dict[str, tuple[int, ...]]
"""Shape of each tensor of a state dict, by name."""

_N_SHOWN = 4


@dataclass(frozen=True)
class Difference:
    """Difference between the tensors of some weights and those of a net. It is false if they are equal."""

    missing: list[str]  # names that only the net has
    unexpected: list[str]  # names that only the weights have
    reshaped: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]  # name: shape in the weights, shape in the net

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.reshaped)

    def __str__(self) -> str:
        """Write each kind of difference on its own line."""
        reshaped = [f"{name} is {found}, the net has {expected}" for name, (found, expected) in self.reshaped.items()]
        kinds = {"missing": self.missing, "unexpected": self.unexpected, "reshaped": reshaped}
        return "\n".join(f"  {kind}: {listed(items)}" for kind, items in kinds.items() if items)


def shapes_of(state: Mapping[str, Tensor]) -> Shapes:
    """Return the shapes of a state dict."""
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def difference(found: Shapes, expected: Shapes) -> Difference:
    """Compare the shapes of some weights with the shapes that a net expects."""
    both = sorted(found.keys() & expected.keys())
    return Difference(
        missing=sorted(expected.keys() - found.keys()),
        unexpected=sorted(found.keys() - expected.keys()),
        reshaped={name: (found[name], expected[name]) for name in both if found[name] != expected[name]},
    )


def matching(shapes: Shapes, challenge: int) -> list[Architecture]:
    """Find the architectures of a challenge whose tensors have exactly these names and shapes."""
    return [architecture for architecture in with_weights(challenge) if fingerprint(architecture) == shapes]


def fingerprint(architecture: Architecture) -> Shapes:
    """Return the shapes of an architecture's tensors when it is built with default arguments."""
    return _fingerprint(architecture.name, architecture.challenge)


@functools.cache
def _fingerprint(name: str, challenge: int) -> Shapes:
    return shapes_of(find_architecture(name, challenge).build({}).state_dict())


def with_weights(challenge: int) -> list[Architecture]:
    """Return the architectures of a challenge that have weights."""
    return [item for item in ARCHITECTURES if item.challenge == challenge and item.value is None]


def listed(items: list[str]) -> str:
    """Join the first names of a list, and count the others."""
    more = f" and {len(items) - _N_SHOWN} more" if len(items) > _N_SHOWN else ""
    return ", ".join(items[:_N_SHOWN]) + more
