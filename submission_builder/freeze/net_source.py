"""Sources of nets: an architecture of the zoo, or a TorchScript file. :mod:`.own_net` adds classes of the user."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch

from submission_builder.freeze.cargo import closure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn

    from model_zoo.registry import Architecture


class NetSource(Protocol):
    """Source of a net."""

    @property
    def label(self) -> str:
        """Name in messages."""
        ...

    def build(self) -> nn.Module:
        """Build the net in this process, with fresh weights."""
        ...

    def cargo(self) -> Mapping[str, Path]:
        """Source files to pack, by name in the zip."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return the manifest entry from which ``submission.py`` builds the net."""
        ...


@dataclass(frozen=True)
class ZooNet:
    """A registered architecture with the keyword arguments of its class."""

    architecture: Architecture
    kwargs: dict[str, Any]

    @property
    def label(self) -> str:
        """Name in messages."""
        value = self.architecture.value
        return f"{self.architecture.name}:{self.kwargs[value]}" if value else self.architecture.name

    def build(self) -> nn.Module:
        """Build the net in this process, with fresh weights."""
        return self.architecture.build(self.kwargs)

    def cargo(self) -> Mapping[str, Path]:
        """Its file and every sibling that the file imports."""
        return {path.name: path for path in closure(self.architecture.module)}

    def describe(self) -> dict[str, Any]:
        """Return the manifest entry from which ``submission.py`` builds the net."""
        return {
            "origin": "zoo",
            "architecture": self.architecture.name,
            "module": self.architecture.module,
            "class": self.architecture.class_name,
            "kwargs": self.kwargs,
        }


@dataclass(frozen=True)
class ScriptNet:
    """A TorchScript file, which holds both code and weights."""

    path: Path

    @property
    def label(self) -> str:
        """Name in messages."""
        return self.path.name

    def build(self) -> nn.Module:
        """Load the file."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # newer torch deprecates TorchScript; the server's torch still reads it
            script: nn.Module = torch.jit.load(str(self.path), map_location="cpu")  # type: ignore[no-untyped-call]
        return script

    def cargo(self) -> Mapping[str, Path]:
        """No source file is needed."""
        return {}

    def describe(self) -> dict[str, Any]:
        """Return the manifest entry from which ``submission.py`` loads the file."""
        return {"origin": "torchscript"}
