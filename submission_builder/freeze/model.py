"""A resolved recipe: for each challenge a :class:`Model`, with its nets, their weights and its wrappers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from model_zoo.foreign import read_foreign

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from model_zoo.card import Card
    from model_zoo.wrappers import Wrapper
    from submission_builder.freeze.net_source import NetSource


@dataclass(frozen=True)
class Weights:
    """The tensors of one net in a file."""

    path: Path
    prefix: str = ""
    """Prefix of the net's tensors in the file, such as ``state_dict.net.``."""
    as_is: bool = True
    """The file is a plain state dict, or TorchScript, and is packed byte for byte."""

    def state(self) -> dict[str, Tensor]:
        """Read the tensors, memory-mapped where the file format allows."""
        return read_foreign(self.path).state(self.prefix)


@dataclass(frozen=True)
class Member:
    """A net with its weights."""

    source: NetSource
    weights: Weights | None = None
    """None for a net without tensors."""
    card: Card | None = None
    """Card of the weights; None if the weights have no card."""
    data: tuple[str, ...] = ()
    """Training data that the recipe states, if there is no card."""
    pretrained: tuple[str, ...] = ()
    """Pretrained weights that the recipe states, if there is no card."""
    stateful: bool = False
    """A prediction depends on earlier windows."""
    notes: tuple[str, ...] = ()
    """Facts that the user should know, such as the architecture that a file was recognised as."""

    @property
    def label(self) -> str:
        """Name in messages."""
        return self.card.name if self.card else self.source.label


@dataclass(frozen=True)
class Model:
    """The model of one challenge: one net, or a weighted sum of several, inside wrappers."""

    members: tuple[Member, ...]
    shares: tuple[float, ...]
    """Weight of each member in the sum; the weights sum to 1."""
    wrappers: tuple[tuple[Wrapper, dict[str, Any]], ...] = field(default=())
    """Wrappers with their keyword arguments, innermost first."""

    @property
    def stateful(self) -> bool:
        """A prediction depends on earlier windows."""
        return any(wrapper.stateful for wrapper, _ in self.wrappers) or any(member.stateful for member in self.members)
