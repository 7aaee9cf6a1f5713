"""What a project says of checks in its pyproject.toml, under ``[tool.subpack]``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import CheckError

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "pyproject.toml"
_KEYS = ("select", "ignore")


@dataclass(frozen=True)
class Settings:
    """Which checks a project wants.

    Attributes
    ----------
    select
        Ids or beginnings of ids; empty for all.
    ignore
        What to leave out of them.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def find_settings(folder: Path) -> Settings:
    """Read the settings nearest to a folder: the first pyproject.toml with the table, from there upward.

    Raises
    ------
    CheckError
        If such a file does not parse, or holds something else under the table.
    """
    for path in (above / _NAME for above in (folder, *folder.parents)):
        table = _table(path) if path.is_file() else None
        if table is not None:
            return _settings(path, table)
    return Settings()


def _table(path: Path) -> Any:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("subpack")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CheckError(f"{path} is no TOML: {error}") from error


def _settings(path: Path, table: Any) -> Settings:
    where = f"{path}, [tool.subpack]"
    if not isinstance(table, dict):
        raise CheckError(f"{where}: is no table; select and ignore are its keys")
    for key, value in table.items():
        if key not in _KEYS:
            raise CheckError(f"{where}: there is no key {key}; there are {' and '.join(_KEYS)}")
        if not isinstance(value, list) or not all(isinstance(id_, str) for id_ in value):
            raise CheckError(f"{where}: {key} is {value!r}; a list of ids is expected")
    return Settings(*(tuple(table.get(key, ())) for key in _KEYS))
