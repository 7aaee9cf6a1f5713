"""A user's own net: a class in their file or package, or in a package that the server has."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from submission_builder.base.errors import RecipeError
from submission_builder.base.input_file import require_file
from submission_builder.freeze.own_cargo import OwnCargo, collect
from submission_builder.freeze.spec import OWN_CLASS
from submission_builder.server.facts import server_modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

SOURCES, LICENCES = "sources", "licences"


@dataclass(frozen=True)
class OwnNet:
    """A class outside the zoo."""

    module: str
    class_name: str
    kwargs: dict[str, Any]
    """Keyword arguments of the class."""
    own: OwnCargo | None
    """Source files to pack; None if the server has the module."""

    @property
    def label(self) -> str:
        """Name in messages."""
        return f"{self.module}:{self.class_name}"

    def build(self) -> nn.Module:
        """Build the net in this process, from the user's sources.

        Raises
        ------
        RecipeError
            If the module cannot be imported or the class cannot be instantiated.
        """
        with importable(self.own):
            class_ = self._class()
            try:
                net = class_(**self.kwargs)
            except Exception as error:  # the user's own code
                raise RecipeError(
                    f"{self.label} cannot be instantiated: it raises {type(error).__name__}: {error}"
                ) from error
        if not isinstance(net, nn.Module):
            raise RecipeError(f"{self.label} returns a {type(net).__name__}; a torch.nn.Module is expected")
        return net

    def cargo(self) -> Mapping[str, Path]:
        """Source files to pack, and the licence texts of packages among them."""
        if self.own is None:
            return {}
        named = {f"{SOURCES}/{name}": path for name, path in self.own.sources.items()}
        return named | {f"{LICENCES}/{name}": path for name, path in self.own.licences.items()}

    def describe(self) -> dict[str, Any]:
        """Return the manifest entry from which ``submission.py`` builds the net."""
        return {"origin": "own", "module": self.module, "class": self.class_name, "kwargs": self.kwargs}

    def _class(self) -> Any:
        try:
            module = importlib.import_module(self.module)
        except Exception as error:  # the user's own code
            raise RecipeError(f"{self.module} cannot be imported: it raises {type(error).__name__}: {error}") from error
        if self.own and not Path(str(module.__file__)).resolve().is_relative_to(self.own.root):
            raise RecipeError(
                f"{self.module} is also the name of {module.__file__}, which is imported instead; another file name is "
                "expected"
            )
        if not hasattr(module, self.class_name):
            raise RecipeError(f"{self.module} has no class {self.class_name}")
        return getattr(module, self.class_name)


def find_own(net: str, kwargs: Mapping[str, Any] | None = None) -> OwnNet | None:
    """Find the class of ``FILE.py:CLASS``, ``FOLDER:CLASS`` or ``MODULE:CLASS``; return None for any other form.

    Raises
    ------
    RecipeError
        If the file does not exist, or has an import that cannot be packed.
    """
    match = OWN_CLASS.fullmatch(net)
    if match is None:
        return None
    place, name = match["place"], match["name"]
    if place.endswith(".py") or Path(place).is_dir():
        root, module = _below_root(Path(place))
        return OwnNet(module, name, dict(kwargs or {}), collect(root, module))
    if "." in place and place.partition(".")[0] in server_modules() - sys.stdlib_module_names and "/" not in place:
        return OwnNet(place, name, dict(kwargs or {}), None)
    return None


def _below_root(path: Path) -> tuple[Path, str]:
    """Find the folder that absolute imports start from: the first parent that is not a package."""
    file = path / "__init__.py" if path.is_dir() else path
    require_file(file, "the source of a net", RecipeError)
    file = file.resolve()
    root = file.parent
    while (root / "__init__.py").is_file():
        root = root.parent
    parts = file.relative_to(root).with_suffix("").parts
    return root, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@contextlib.contextmanager
def importable(own: OwnCargo | None) -> Iterator[None]:
    """Make own sources importable inside the block, and unload them afterwards; no bytecode is written."""
    if own is None:
        yield
        return
    before, wrote = set(sys.modules), sys.dont_write_bytecode
    sys.path.insert(0, str(own.root))
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.path.remove(str(own.root))
        sys.dont_write_bytecode = wrote
        for name in set(sys.modules) - before:
            if _is_of(sys.modules[name], own):
                del sys.modules[name]


def _is_of(module: ModuleType, own: OwnCargo) -> bool:
    """Whether a module is one of the own sources, or a namespace package among them."""
    file = getattr(module, "__file__", None)
    if file:
        return Path(file) in own.sources.values()
    return any(Path(folder).is_relative_to(own.root) for folder in getattr(module, "__path__", ()))
