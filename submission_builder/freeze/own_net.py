"""A user's own net: a class in a file or package of theirs, or in a package that the server has."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import RecipeError
from submission_builder.freeze.own_cargo import OwnCargo, collect
from submission_builder.server.facts import server_modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from torch import nn

_FORM = re.compile(r"(?P<place>.+):(?P<name>[A-Za-z_]\w*)")
SOURCES, LICENCES = "sources", "licences"


@dataclass(frozen=True)
class OwnNet:
    """A class that is not in the zoo.

    Attributes
    ----------
    module, class_name
        Where it is imported from.
    kwargs
        Its keyword arguments.
    own
        The sources that travel; None where the server has the module.
    """

    module: str
    class_name: str
    kwargs: dict[str, Any]
    own: OwnCargo | None

    @property
    def label(self) -> str:
        """How it is named in messages."""
        return f"{self.module}:{self.class_name}"

    def build(self) -> nn.Module:
        """Make it here, from the sources where they lie.

        Raises
        ------
        RecipeError
            If it cannot be imported or made.
        """
        from torch import nn  # noqa: PLC0415 - a recipe is parsed without torch

        with importable(self.own):
            class_ = self._class()
            try:
                net = class_(**self.kwargs)
            except Exception as error:  # the user's own code
                raise RecipeError(f"{self.label} could not be made: {type(error).__name__}: {error}") from error
        if not isinstance(net, nn.Module):
            raise RecipeError(f"{self.label} makes a {type(net).__name__}; a torch.nn.Module is expected")
        return net

    def cargo(self) -> Mapping[str, Path]:
        """Its own sources, and the licence texts of packages among them."""
        if self.own is None:
            return {}
        named = {f"{SOURCES}/{name}": path for name, path in self.own.sources.items()}
        return named | {f"{LICENCES}/{name}": path for name, path in self.own.licences.items()}

    def describe(self) -> dict[str, Any]:
        """Say what ``submission.py`` needs to build it."""
        return {"origin": "own", "module": self.module, "class": self.class_name, "kwargs": self.kwargs}

    def _class(self) -> Any:
        try:
            module = importlib.import_module(self.module)
        except Exception as error:  # the user's own code
            raise RecipeError(f"{self.module} could not be imported: {type(error).__name__}: {error}") from error
        if self.own and not Path(str(module.__file__)).resolve().is_relative_to(self.own.root):
            raise RecipeError(f"{self.module} is also the name of {module.__file__}; a net's file takes another name")
        if not hasattr(module, self.class_name):
            raise RecipeError(f"{self.module} has no class {self.class_name}")
        return getattr(module, self.class_name)


def find_own(choice: str, kwargs: Mapping[str, Any] | None = None) -> OwnNet | None:
    """Read ``FILE.py:CLASS``, ``FOLDER:CLASS`` or ``MODULE:CLASS``; None for anything else.

    Raises
    ------
    RecipeError
        If the file is not there, or imports what cannot travel.
    """
    match = _FORM.fullmatch(choice)
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
    """Find the folder that imports start from: the first above that is no package."""
    file = path / "__init__.py" if path.is_dir() else path
    if not file.is_file():
        raise RecipeError(f"{file} is no file; a net's own source is expected there")
    file = file.resolve()
    root = file.parent
    while (root / "__init__.py").is_file():
        root = root.parent
    parts = file.relative_to(root).with_suffix("").parts
    return root, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@contextlib.contextmanager
def importable(own: OwnCargo | None) -> Iterator[None]:
    """Let own sources be imported, and forget them afterwards; nothing is written beside them."""
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
    """Whether a module is one of the sources, or a package without a file among them."""
    file = getattr(module, "__file__", None)
    if file:
        return Path(file) in own.sources.values()
    return any(Path(folder).is_relative_to(own.root) for folder in getattr(module, "__path__", ()))
