"""The sources of a user's own net: its file, what it imports beside it, and packages that the server lacks."""

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
    """What travels of a user's own code.

    Attributes
    ----------
    root
        The folder that imports start from.
    sources
        Files by their path below that folder.
    licences
        Licence texts of carried packages, by ``PACKAGE/FILE``.
    notes
        What its owner should know.
    carried
        Packages that the server lacks, as far as they were followed.
    """

    root: Path
    sources: dict[str, Path] = field(default_factory=dict)
    licences: dict[str, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    carried: dict[str, _Walk] = field(default_factory=dict, repr=False, compare=False)


def collect(root: Path, module: str) -> OwnCargo:
    """Follow a module's imports.

    What lies below `root` travels file by file. What the server has stays. Any other package must be installed here
    and be pure Python; it travels whole, with its licence texts.

    Parameters
    ----------
    root
        The folder that imports start from.
    module
        Dotted name below it.

    Raises
    ------
    RecipeError
        If something is imported that cannot travel.
    """
    cargo = OwnCargo(root)
    _Walk(cargo, root).follow(module)
    return cargo


@dataclass
class _Walk:
    """Goes through the modules below one folder: all of the user's, or those of one carried package."""

    cargo: OwnCargo
    root: Path
    package: str | None = None
    seen: set[Path] = field(default_factory=set)

    def follow(self, module: str) -> bool:
        """Take the files that importing a module runs; whether it is there."""
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
        """Take a file, and follow its imports."""
        if file in self.seen:
            return
        self.seen.add(file)
        if self.package is None:
            self.cargo.sources[file.relative_to(self.root).as_posix()] = file
        for found in imports_of(file):
            base = self.absolute(found, file)
            if base is None or not self.local(base, found, file):
                self.foreign(found, file)

    def absolute(self, found: Import, file: Path) -> str | None:
        """Name a module from the root on; None for one that leading dots do not reach."""
        if not found.level:
            return found.module
        package = file.relative_to(self.root).parent.parts
        if found.level > len(package):
            raise RecipeError(
                f"{file} line {found.line} imports by {found.level} leading dot(s), which leaves its package; put an "
                "__init__.py beside it, so that its folder is one"
            )
        kept = package[: len(package) - found.level + 1]
        return ".".join((*kept, *filter(None, [found.module])))

    def local(self, base: str, found: Import, file: Path) -> bool:
        """Follow an import below the root; whether it is one."""
        top = base.partition(".")[0]
        if not self.holds(top):
            return False
        if not self.follow(base) and not found.optional:
            raise RecipeError(f"{file} line {found.line} imports {base}, which is not below {self.root}")
        for name in found.names:
            self.follow(f"{base}.{name}")
        return True

    def holds(self, top: str) -> bool:
        """Whether a name means something below the root; a folder of data does not stand for a package."""
        if self.package is not None:
            return top == self.package
        place = self.root / top
        compiled = next((path for path in self.root.glob(f"{top}.*") if path.suffix in COMPILED), None)
        if compiled:
            raise RecipeError(f"{compiled} is imported and is compiled; what travels is Python source")
        if (place / "__init__.py").is_file() or place.with_suffix(".py").is_file():
            return True
        return place.is_dir() and top not in server_modules() and importlib.util.find_spec(top) is None

    def foreign(self, found: Import, file: Path) -> None:
        """Hold an import from elsewhere against the server, and carry what it lacks."""
        where = f"{file} line {found.line} imports {found.module}"
        if found.top in _OURS:
            raise RecipeError(f"{where}, which the server lacks", hint="copy the file that you need beside yours")
        if found.top in server_modules():
            return
        if found.optional or (found.late and self.package):
            if self.package is None:
                self.cargo.notes.append(f"{found.module} stays here: {file.name} line {found.line} does without it")
            return
        carry(self.cargo, found, where)


def carry(cargo: OwnCargo, found: Import, where: str) -> None:
    """Take a package that the server lacks, and what that imports in turn."""
    if found.top not in cargo.carried:
        package = find_package(found.top, where)
        cargo.carried[found.top] = _Walk(cargo, package.root, found.top)
        cargo.sources |= package.files
        cargo.licences |= package.licences
        cargo.notes.append(f"{package.label} travels too: the server lacks it")
        if not package.licences:
            cargo.notes.append(f"{package.label} brings no licence text; whoever shares the zip should know its terms")
    for module in (found.module, *(f"{found.module}.{name}" for name in found.names)):
        cargo.carried[found.top].follow(module)
