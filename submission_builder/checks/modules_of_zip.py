"""Which files of a zip an import loads."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class ModulesOfZip:
    """The Python files of a zip, found by the names of modules.

    Parameters
    ----------
    names
        Names of the Python files.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._folders: dict[str, set[PurePosixPath]] = {}
        for name in sorted(self.names):
            path = PurePosixPath(name)
            for part in (path, *path.parents):
                self._folders.setdefault(part.name.removesuffix(".py"), set()).add(part.parent)

    def loaded(self, importer: str, module: str, level: int = 0) -> Iterator[str]:
        """Yield the files that an import of a module loads, those of its packages among them.

        Parameters
        ----------
        importer
            The file that imports.
        module
            Dotted name of the module; may be empty if `level` is not 0.
        level
            Number of leading dots of a relative import.
        """
        parts = module.split(".") if module else []
        for folder in self._roots(importer, parts, level):
            for n in range(not level, len(parts) + 1):
                path = folder.joinpath(*parts[:n])
                for file in (f"{path}/__init__.py", f"{path}.py"):
                    if file in self.names:
                        yield file

    def _roots(self, importer: str, parts: list[str], level: int) -> list[PurePosixPath]:
        """Return the folders in which the module may lie; one at the root of the zip comes before all others."""
        if level:
            folder = PurePosixPath(importer)
            for _ in range(level):
                folder = folder.parent
            return [folder]
        folders = self._folders.get(parts[0], set()) if parts else set()
        root = PurePosixPath()
        return [root] if root in folders else sorted(folders)  # others need a folder in sys.path


def named_in_manifest(manifest: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the modules and the classes that the manifest of ``subpack build`` names; submission.py loads them."""
    modules, classes = [], []
    pending: list[Any] = [manifest.get("challenges")]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("module"), str) and isinstance(value.get("class"), str):
                modules.append(value["module"])
                classes.append(value["class"])
            if isinstance(value.get("members"), list) and len(value["members"]) > 1:
                modules.append("ensemble")
                classes.append("Ensemble")
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return modules, classes
