"""Index of the public names and keywords of the standard library, numpy, torch and braindecode on the server.

Python 3.10, numpy 1.26.4 and 2.2.6, torch 2.2.2 and 2.8.0, braindecode 1.2.0.
"""

from __future__ import annotations

import functools
import json
import lzma
from dataclasses import dataclass
from pathlib import Path

_INDEX = Path(__file__).with_name("index.json.xz")

STANDARD_LIBRARY = "Python"
"""Stands in the index for all packages and modules of the standard library."""


@dataclass(frozen=True)
class Api:
    """The public names of one version of a package."""

    package: str
    version: str
    modules: frozenset[str]
    """Dotted names of all modules."""
    names: dict[str, dict[str, list[str] | None] | None]
    """Public names of each module, with the keywords that each takes; None where the keywords, or the names of the
    module, are not known."""

    def __str__(self) -> str:
        return f"{self.package} {self.version}"

    def lacks(self, dotted: str) -> bool:
        """Whether a dotted name certainly does not exist, judged by its longest module and one name after it."""
        module, name = self._split(dotted)
        known = self.names.get(module)
        return bool(name) and not name.startswith("_") and known is not None and name not in known

    def has(self, dotted: str) -> bool:
        """Whether a dotted name certainly exists: a name of a module whose names are known."""
        module, name = self._split(dotted)
        return f"{module}.{name}" == dotted and name in (self.names.get(module) or {})

    def keywords(self, dotted: str) -> list[str] | None:
        """Return the keywords of a function or class; None where they are not known."""
        module, name = self._split(dotted)
        known = self.names.get(module)
        return known.get(name) if known and f"{module}.{name}" == dotted else None

    def _split(self, dotted: str) -> tuple[str, str]:
        """Split a dotted name into the longest module that it begins with and the next name, which may be empty."""
        module = dotted
        while module not in self.modules:
            module = module.rpartition(".")[0]
        return module, dotted[len(module) + 1 :].partition(".")[0]


@functools.cache
def server_apis() -> tuple[Api, ...]:
    """Read the index that :mod:`submission_builder.server.api.make` writes."""
    content = json.loads(lzma.decompress(_INDEX.read_bytes()))
    return tuple(Api(one["package"], one["version"], frozenset(one["modules"]), one["names"]) for one in content)


def apis_of(dotted: str) -> tuple[Api, ...]:
    """Return the API of each version that the server may have of the package that a dotted name begins with."""
    return _by_package().get(dotted.partition(".")[0], ())


def standard_modules() -> frozenset[str]:
    """Top-level modules of the server's standard library, also those that only other systems have."""
    return frozenset(package for package, apis in _by_package().items() if apis[0].package == STANDARD_LIBRARY)


@functools.cache
def _by_package() -> dict[str, tuple[Api, ...]]:
    """Return the versions of each package by its top-level module."""
    found: dict[str, tuple[Api, ...]] = {}
    for api in server_apis():
        for module in api.modules:
            if "." not in module:
                found[module] = (*found.get(module, ()), api)
    return found
