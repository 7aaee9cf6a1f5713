"""The cargo of a user's own net: its file, the modules that it imports, and packages that the server lacks."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from submission_builder.base.errors import RecipeError
from submission_builder.freeze.imports import Import, imports_of
from submission_builder.freeze.packages import COMPILED, find_package
from submission_builder.server.facts import server_modules

if TYPE_CHECKING:
    from pathlib import Path

_OURS = frozenset({"model_zoo", "submission_builder"})


@dataclass
class OwnCargo:
    """Files of the user's own code to pack."""

    root: Path
    """Folder that absolute imports start from."""
    sources: dict[str, Path] = field(default_factory=dict)
    """Files by their path below the root."""
    licences: dict[str, Path] = field(default_factory=dict)
    """Licence texts of packed packages, by ``PACKAGE/FILE``."""
    notes: list[str] = field(default_factory=list)
    """Facts that the user should know."""
    packages: dict[str, _ImportWalk] = field(default_factory=dict, repr=False, compare=False)
    """Packages that the server lacks, with the modules that were visited in each."""


def collect(root: Path, module: str) -> OwnCargo:
    """Follow the imports of a module.

    Modules below `root` are packed file by file; modules that the server has are not packed. Any other package has to
    be installed here and to be pure Python; it is packed as a whole, with its licence texts.

    Parameters
    ----------
    root
        Folder that absolute imports start from.
    module
        Dotted name below `root`.

    Raises
    ------
    RecipeError
        If an import cannot be packed.
    """
    cargo = OwnCargo(root)
    _ImportWalk(cargo, root).follow(module)
    return cargo


@dataclass
class _ImportWalk:
    """Visits modules below one folder: all of the user's, or those of one package."""

    cargo: OwnCargo
    root: Path
    package: str | None = None
    seen: set[Path] = field(default_factory=set)

    def follow(self, module: str) -> bool:
        """Visit the files that an import of a module executes; return whether the module exists."""
        parts = module.split(".")
        for n in range(1, len(parts) + 1):
            place = self.root.joinpath(*parts[:n])
            file = next((f for f in (place / "__init__.py", place.with_suffix(".py")) if f.is_file()), None)
            if file:
                self.visit(file)
            elif not place.is_dir():
                return False
        return True

    def visit(self, file: Path) -> None:
        """Pack a file and follow its imports."""
        if file in self.seen:
            return
        self.seen.add(file)
        if self.package is None:
            self.cargo.sources[file.relative_to(self.root).as_posix()] = file
        for one in imports_of(file):
            base = self.absolute_name(one, file)
            if not self.follow_local(base, one, file):
                self.follow_foreign(one, file)

    def absolute_name(self, one: Import, file: Path) -> str:
        """Resolve leading dots."""
        if not one.level:
            return one.module
        package = file.relative_to(self.root).parent.parts
        if one.level > len(package):
            raise RecipeError(
                f"{file} line {one.line} imports with {one.level} leading dot(s), which leads out of its package",
                hint=f"put an __init__.py into {file.parent}, so that the folder is a package",
            )
        parents = package[: len(package) - one.level + 1]
        return ".".join((*parents, *filter(None, [one.module])))

    def follow_local(self, base: str, one: Import, file: Path) -> bool:
        """Follow an import below the root; return whether it is one."""
        if not self.is_local(base.partition(".")[0]):
            return False
        if not self.follow(base) and not one.optional:
            raise RecipeError(f"{file} line {one.line} imports {base}, which does not exist below {self.root}")
        for name in one.names:
            self.follow(f"{base}.{name}")
        return True

    def is_local(self, top: str) -> bool:
        """Whether a top-level name is a module below the root; a folder of data does not hide an installed package."""
        if self.package is not None:
            return top == self.package
        place = self.root / top
        compiled = next((path for path in self.root.glob(f"{top}.*") if path.suffix in COMPILED), None)
        if compiled:
            raise RecipeError(f"{compiled} is imported and is compiled; only Python source can be packed")
        if (place / "__init__.py").is_file() or place.with_suffix(".py").is_file():
            return True
        return place.is_dir() and top not in server_modules() and importlib.util.find_spec(top) is None

    def follow_foreign(self, one: Import, file: Path) -> None:
        """Pack an imported package if the server lacks it."""
        where = f"{file} line {one.line} imports {one.module}"
        if one.top in _OURS:
            raise RecipeError(f"{where}, which the server lacks", hint="copy the file that you need beside yours")
        if one.top in server_modules():
            return
        if one.optional or (one.late and self.package):
            if self.package is None:
                self.cargo.notes.append(
                    f"{one.module} is not packed, as its import is optional ({file.name} line {one.line})"
                )
            return
        _pack_package(self.cargo, one, where)


def _pack_package(cargo: OwnCargo, one: Import, where: str) -> None:
    """Pack a package that the server lacks, and the packages that it imports in turn."""
    if one.top not in cargo.packages:
        package = find_package(one.top, where)
        cargo.packages[one.top] = _ImportWalk(cargo, package.root, one.top)
        cargo.sources |= package.files
        cargo.licences |= package.licences
        cargo.notes.append(f"{package.label} is packed, as the server lacks it")
        if not package.licences:
            cargo.notes.append(f"{package.label} has no licence text; check its terms before you share the zip")
    for module in (one.module, *(f"{one.module}.{name}" for name in one.names)):
        cargo.packages[one.top].follow(module)
