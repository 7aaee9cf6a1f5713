"""Which architecture some weights are of, told by the names and shapes of their tensors."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_zoo.registry import ARCHITECTURES, Architecture, architecture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

Shapes = dict[str, tuple[int, ...]]
_NAMED = 4


@dataclass(frozen=True)
class Difference:
    """What keeps tensors from being a net's.

    Attributes
    ----------
    missing, unexpected
        Names that only the net has, and that only the tensors have.
    reshaped
        Names that both have, with their shapes: the tensors', then the net's.
    """

    missing: list[str]
    unexpected: list[str]
    reshaped: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.reshaped)

    def __len__(self) -> int:
        return len(self.missing) + len(self.unexpected) + len(self.reshaped)

    def __str__(self) -> str:
        """Each kind of difference on a line of its own."""
        reshaped = [f"{name} is {here} where the net has {there}" for name, (here, there) in self.reshaped.items()]
        kinds = {"missing": self.missing, "unexpected": self.unexpected, "reshaped": reshaped}
        return "\n".join(f"  {kind}: {_first(items)}" for kind, items in kinds.items() if items)


def shapes_of(state: Mapping[str, Tensor]) -> Shapes:
    """Name the shapes of a state dict."""
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def difference(found: Shapes, expected: Shapes) -> Difference:
    """Hold tensors against a net."""
    both = sorted(found.keys() & expected.keys())
    return Difference(
        sorted(expected.keys() - found.keys()),
        sorted(found.keys() - expected.keys()),
        {name: (found[name], expected[name]) for name in both if found[name] != expected[name]},
    )


def matching(shapes: Shapes, challenge: int) -> list[Architecture]:
    """Find the architectures of a challenge whose tensors have exactly these names and shapes."""
    return [row for row in _rows(challenge) if fingerprint(row) == shapes]


def nearest(shapes: Shapes, challenge: int) -> tuple[Architecture, Difference]:
    """Find the architecture of a challenge that differs in the fewest tensors, and how it differs."""
    found = [(row, difference(shapes, fingerprint(row))) for row in _rows(challenge)]
    return min(found, key=lambda item: len(item[1]))


def fingerprint(row: Architecture) -> Shapes:
    """Name the shapes of an architecture's tensors, as it is built by default."""
    return _fingerprint(row.name, row.challenge)


@functools.cache
def _fingerprint(name: str, challenge: int) -> Shapes:
    return shapes_of(architecture(name, challenge).build({}).state_dict())


def _rows(challenge: int) -> list[Architecture]:
    return [row for row in ARCHITECTURES if row.challenge == challenge and row.value is None]


def _first(items: list[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(items[:_NAMED]) + more
