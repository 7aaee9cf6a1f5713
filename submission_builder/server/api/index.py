"""What torch 2.2.2, torch 2.8.0 and braindecode 1.2.0 offer under which name."""

from __future__ import annotations

import functools
import json
import lzma
from dataclasses import dataclass
from pathlib import Path

_INDEX = Path(__file__).with_name("index.json.xz")


@dataclass(frozen=True)
class Api:
    """The public names of one version of a package.

    Attributes
    ----------
    package, version
        As in ``torch`` and ``2.2.2``.
    modules
        Every module, by its dotted name.
    names
        By module: its public names, each with the keywords that it takes, or None where they are not known.
        The module itself has None where nothing is known of it.
    """

    package: str
    version: str
    modules: frozenset[str]
    names: dict[str, dict[str, list[str] | None] | None]

    def lacks(self, dotted: str) -> bool:
        """Whether a dotted name is certainly not there: judged by the module that it begins with, and one name."""
        module, name = self._split(dotted)
        known = self.names.get(module)
        return bool(name) and not name.startswith("_") and known is not None and name not in known

    def keywords(self, dotted: str) -> list[str] | None:
        """List the keywords that a function or class takes; None where they are not known."""
        module, name = self._split(dotted)
        known = self.names.get(module)
        return known.get(name) if known and f"{module}.{name}" == dotted else None

    def _split(self, dotted: str) -> tuple[str, str]:
        """Part the longest module that a name begins with from the name after it, if any."""
        module = dotted
        while module not in self.modules:
            module = module.rpartition(".")[0]
        return module, dotted[len(module) + 1 :].partition(".")[0]


@functools.cache
def server_apis() -> tuple[Api, ...]:
    """Read the index that :mod:`submission_builder.server.api.make` wrote."""
    content = json.loads(lzma.decompress(_INDEX.read_bytes()))
    return tuple(Api(one["package"], one["version"], frozenset(one["modules"]), one["names"]) for one in content)


def apis_of(dotted: str) -> tuple[Api, ...]:
    """Every version of the package that a dotted name begins with, as the server may have it."""
    package = dotted.partition(".")[0]
    return tuple(api for api in server_apis() if api.package == package)
