"""What a recipe is made of once its words are resolved: nets, weights, and what goes round them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch

from model_zoo.foreign import attributes, read_foreign
from submission_builder.freeze.cargo import closure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from model_zoo.card import Card
    from model_zoo.registry import Architecture
    from model_zoo.wrappers import Wrapper


class Net(Protocol):
    """Where a member's net comes from."""

    @property
    def label(self) -> str:
        """How it is named in messages."""
        ...

    def build(self) -> nn.Module:
        """Make it here; weights are loaded into it afterwards."""
        ...

    def cargo(self) -> Mapping[str, Path]:
        """Files that travel, by name in the zip."""
        ...

    def describe(self) -> dict[str, Any]:
        """Say what ``submission.py`` needs to build it."""
        ...


@dataclass(frozen=True)
class ZooNet:
    """A registered architecture with the arguments of its class."""

    row: Architecture
    kwargs: dict[str, Any]

    @property
    def label(self) -> str:
        """How it is named in messages."""
        return ":".join([self.row.name, *(str(self.kwargs[self.row.value]) for _ in (1,) if self.row.value)])

    def build(self) -> nn.Module:
        """Make it here."""
        return self.row.build(self.kwargs)

    def cargo(self) -> Mapping[str, Path]:
        """Its file and every sibling that it imports."""
        return {path.name: path for path in closure(self.row.module)}

    def describe(self) -> dict[str, Any]:
        """Say what ``submission.py`` needs to build it."""
        return {
            "origin": "zoo",
            "architecture": self.row.name,
            "module": self.row.module,
            "class": self.row.class_name,
            "kwargs": self.kwargs,
        }


@dataclass(frozen=True)
class Script:
    """A TorchScript file, which brings its own code and weights."""

    path: Path

    @property
    def label(self) -> str:
        """How it is named in messages."""
        return self.path.name

    def build(self) -> nn.Module:
        """Load it here."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of being superseded, by what the server's torch cannot read
            script: nn.Module = torch.jit.load(str(self.path), map_location="cpu")  # type: ignore[no-untyped-call]
        return script

    def cargo(self) -> Mapping[str, Path]:
        """No source travels."""
        return {}

    def describe(self) -> dict[str, Any]:
        """Say what ``submission.py`` needs to load it."""
        return {"origin": "torchscript"}


@dataclass(frozen=True)
class Weights:
    """A file of weights.

    Attributes
    ----------
    path
        The file.
    attribute
        In a file of Lightning's, the module's attribute that holds the net; empty elsewhere.
    as_is
        Whether the file is a pure state dict, or TorchScript, that can travel as it is.
    """

    path: Path
    attribute: str = ""
    as_is: bool = True

    def state(self) -> dict[str, Tensor]:
        """Read the net's tensors, mapped from the file where its format allows."""
        return dict(attributes(read_foreign(self.path)))[self.attribute]


@dataclass(frozen=True)
class Member:
    """A net with its weights.

    Attributes
    ----------
    net
        Where the net comes from.
    weights
        None for a net without.
    card
        What is known of the weights' training; None where nothing is.
    data, pretrained
        What the recipe says of the training, where there is no card.
    stateful
        Whether an prediction rests on windows that came before.
    notes
        What its owner should know, such as what a file was taken for.
    """

    net: Net
    weights: Weights | None = None
    card: Card | None = None
    data: tuple[str, ...] = ()
    pretrained: tuple[str, ...] = ()
    stateful: bool = False
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How the member is named in messages."""
        return self.card.name if self.card else self.net.label


@dataclass(frozen=True)
class Blend:
    """What predictions one challenge: one net, or several whose predictions are weighed and added up, and what goes round.

    Attributes
    ----------
    members
        The nets.
    weights
        One for each; they sum to 1.
    wrappers
        Rows and keyword arguments, the innermost first.
    """

    members: tuple[Member, ...]
    weights: tuple[float, ...]
    wrappers: tuple[tuple[Wrapper, dict[str, Any]], ...] = field(default=())

    @property
    def stateful(self) -> bool:
        """Whether an prediction rests on windows that came before."""
        return any(row.stateful for row, _ in self.wrappers) or any(member.stateful for member in self.members)
