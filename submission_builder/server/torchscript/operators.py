"""Index of TorchScript's operators in torch 2.2.2 and torch 2.8.0."""

from __future__ import annotations

import functools
import json
import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_INDEX = Path(__file__).with_name("operators.json.xz")


@dataclass(frozen=True)
class Overload:
    """One form of an operator."""

    name: str
    """Empty for the first form."""
    n_positional: int
    """Largest number of positional arguments."""
    arguments: frozenset[str]
    """Names of all arguments."""
    texts: frozenset[int]
    """Positions of the arguments that take a text."""


@dataclass(frozen=True)
class Operators:
    """The operators of one version of torch."""

    version: str
    overloads: dict[str, tuple[Overload, ...]]
    """By the name of the operator, such as ``aten::relu``."""

    @functools.cached_property
    def namespaces(self) -> frozenset[str]:
        """Namespaces of torch's own operators; other packages register theirs in others."""
        return frozenset(name.partition("::")[0] for name in self.overloads)

    def fitting(
        self, name: str, n_positional: int, keywords: Iterable[str], no_texts: Iterable[int] = ()
    ) -> frozenset[str]:
        """Return the names of the overloads that a call fits by its arguments' number and names.

        Parameters
        ----------
        name
            Name of the operator.
        n_positional
            Number of positional arguments.
        keywords
            Names of the others.
        no_texts
            Positions of arguments that are certainly no text.
        """
        return frozenset(
            one.name
            for one in self.overloads.get(name, ())
            if n_positional <= one.n_positional
            and one.arguments.issuperset(keywords)
            and one.texts.isdisjoint(no_texts)
        )


@functools.cache
def server_operators() -> tuple[Operators, ...]:
    """Read the index that :mod:`submission_builder.server.torchscript.make` writes."""
    content = json.loads(lzma.decompress(_INDEX.read_bytes()))
    return tuple(
        Operators(one["version"], {name: _read(forms) for name, forms in one["operators"].items()}) for one in content
    )


def _read(overloads: list[Any]) -> tuple[Overload, ...]:
    return tuple(
        Overload(
            name,
            n_positional,
            frozenset(argument.partition(":")[0] for argument in arguments),
            frozenset(i for i, argument in enumerate(arguments) if argument.endswith(":str")),
        )
        for name, n_positional, *arguments in overloads
    )
