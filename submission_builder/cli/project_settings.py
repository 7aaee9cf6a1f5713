"""Settings of ``subpack check`` in a project's pyproject.toml, under ``[tool.subpack]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import CheckError
from submission_builder.base.json_text import UndecodableError
from submission_builder.base.toml_text import decode_toml

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "pyproject.toml"
_KEYS = ("select", "ignore")


@dataclass(frozen=True)
class ProjectSettings:
    """The checks that a project selects."""

    select: tuple[str, ...] = ()
    """Numbers of checks or their beginnings; empty for all checks."""
    ignore: tuple[str, ...] = ()
    """Numbers of checks or their beginnings that are left out."""


def find_settings(folder: Path) -> ProjectSettings:
    """Read the first pyproject.toml with a table ``[tool.subpack]``, from a folder upwards.

    Raises
    ------
    CheckError
        If the file does not parse, or the table has other keys or values.
    """
    for path in (above / _NAME for above in (folder, *folder.parents)):
        table = _table(path) if path.is_file() else None
        if table is not None:
            return _settings(path, table)
    return ProjectSettings()


def _table(path: Path) -> Any:
    try:
        tools = decode_toml(path.read_bytes()).get("tool", {})
    except UndecodableError as error:
        raise CheckError(f"{path} is not valid TOML: {error}") from error
    if not isinstance(tools, dict):
        raise CheckError(f"{path}, tool is not a table; the tables of tools are expected")
    return tools.get("subpack")


def _settings(path: Path, table: Any) -> ProjectSettings:
    where = f"{path}, tool.subpack"
    if not isinstance(table, dict):
        raise CheckError(f"{where} is not a table; a table with the keys {' and '.join(_KEYS)} is expected")
    for key, value in table.items():
        if key not in _KEYS:
            raise CheckError(f"{where} has the key {key}; its keys are {' and '.join(_KEYS)}")
        if not isinstance(value, list) or not all(isinstance(id_, str) for id_ in value):
            raise CheckError(f"{where}: {key} is {value!r}; a list of checks is expected")
    return ProjectSettings(*(tuple(table.get(key, ())) for key in _KEYS))
