"""Rows of the ledger: append entries, find them again."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from submission_builder.ledger.connect import reading, writing
from submission_builder.ledger.entry import Entry, StoredBuild

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_COLUMNS = tuple(field.name for field in fields(Entry))
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM entry"  # noqa: S608 - names of our own fields
_KNOWN = """
    SELECT 1 FROM entry WHERE command = 'evaluate'
    AND sha256 IS ? AND at = ? AND release IS ? AND fingerprint IS ? AND profile IS ?
"""
_NEWEST_FIRST = "ORDER BY at DESC, id DESC"
_FLAGS = ("simulated", "partial")


@dataclass(frozen=True)
class Filter:
    """The entries to find; None admits all."""

    sha256: str | None = None
    release: str | None = None
    command: str | None = None
    since: float | None = None
    """Earliest time, in seconds since the epoch."""
    path: str | None = None
    """The zip, as :func:`~submission_builder.ledger.entries.named` writes it."""

    def where(self) -> tuple[str, list[str | float]]:
        """Return the condition in SQL, and its values."""
        equal = {f"{name} = ?": getattr(self, name) for name in ("sha256", "release", "command", "path")}
        chosen = {text: value for text, value in (equal | {"at >= ?": self.since}).items() if value is not None}
        return f"WHERE {' AND '.join(chosen)}" if chosen else "", list(chosen.values())


def append(path: Path, entries: Iterable[Entry], builds: Iterable[StoredBuild] = ()) -> None:
    """Append entries in one transaction. An evaluation that is in the ledger already is not appended again.

    Raises
    ------
    LedgerError
        If the ledger cannot be written to; then none of the entries is in it.
    """
    marks = ", ".join("?" * len(_COLUMNS))
    with writing(path) as connection:
        connection.executemany(
            f"INSERT INTO entry ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608 - names of our own fields
            [_row(entry) for entry in entries if not _is_known(connection, entry)],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO build VALUES (?, ?, ?, ?)",
            [(one.sha256, *map(_json, (one.recipe, one.inputs, one.manifest))) for one in builds],
        )


def find(path: Path, chosen: Filter, limit: int | None = None) -> list[Entry]:
    """Return entries, the newest first, at most `limit`.

    Raises
    ------
    LedgerError
        If the ledger cannot be read.
    """
    where, values = chosen.where()
    with reading(path) as connection:
        if connection is None:
            return []
        query = f"{_SELECT} {where} {_NEWEST_FIRST} LIMIT ?"
        return _entries(connection, query, [*values, -1 if limit is None else limit])


def find_build(path: Path, sha256: str) -> StoredBuild | None:
    """Return what a build stored of a zip; None if no build of it is in the ledger.

    Raises
    ------
    LedgerError
        If the ledger cannot be read.
    """
    with reading(path) as connection:
        query = "SELECT recipe, inputs, manifest FROM build WHERE sha256 = ?"
        row = connection and connection.execute(query, [sha256]).fetchone()
        return StoredBuild(sha256, *map(json.loads, row)) if row else None


def find_digests(path: Path, start: str) -> list[str]:
    """Return the SHA-256 of zips whose SHA-256 or MD5 begins with `start`: none, the only one, or two of several.

    Raises
    ------
    LedgerError
        If the ledger cannot be read.
    """
    with reading(path) as connection:
        found = [] if connection is None else [*_range(connection, "sha256", start), *_range(connection, "md5", start)]
        return list(dict.fromkeys(found))[:2]


def find_pairs(path: Path) -> tuple[list[tuple[Entry, Entry]], int]:
    """Pair each result of the server with each local score of the same zip under the same profile, the oldest first.

    Returns
    -------
    pairs
        Result of the server, and local evaluation of a whole release.
    n_server
        Number of zips with a result of the server.

    Raises
    ------
    LedgerError
        If the ledger cannot be read.
    """
    columns = ", ".join(f"{side}.{name}" for side in ("server", "local") for name in _COLUMNS)
    query = f"""
        SELECT {columns} FROM entry AS server JOIN entry AS local
        ON local.sha256 = server.sha256 AND local.profile = server.profile
        WHERE server.command = 'record' AND local.command = 'evaluate' AND local.overall IS NOT NULL
        AND NOT local.partial ORDER BY server.at, server.id, local.at, local.id
    """  # noqa: S608 - names of our own fields
    count = "SELECT count(DISTINCT sha256) FROM entry WHERE command = 'record'"
    with reading(path) as connection:
        if connection is None:
            return [], 0
        rows = connection.execute(query)
        pairs = [(_entry(row[: len(_COLUMNS)]), _entry(row[len(_COLUMNS) :])) for row in rows]
        return pairs, connection.execute(count).fetchone()[0]


def _range(connection: sqlite3.Connection, column: str, start: str) -> list[str]:
    """Return the SHA-256 of the first and of the last digest that begins with `start`: two look-ups in an index."""
    query = f"SELECT sha256 FROM entry WHERE {column} >= ? AND {column} < ? ORDER BY {column}"  # noqa: S608
    ends = [start, start + "g"]
    rows = (connection.execute(f"{query} {order} LIMIT 1", ends).fetchone() for order in ("ASC", "DESC"))
    return [row[0] for row in rows if row]


def _is_known(connection: sqlite3.Connection, entry: Entry) -> bool:
    """Whether an evaluation is in the ledger: a comparison returns evaluations that it was given."""
    key = (entry.sha256, entry.at, entry.release, entry.fingerprint, entry.profile)
    return entry.command == "evaluate" and connection.execute(_KNOWN, key).fetchone() is not None


def _entries(connection: sqlite3.Connection, query: str, values: Sequence[Any]) -> list[Entry]:
    return [_entry(row) for row in connection.execute(query, values)]


def _row(entry: Entry) -> list[Any]:
    return [_json(entry.detail) if name == "detail" else getattr(entry, name) for name in _COLUMNS]


def _entry(row: Sequence[Any]) -> Entry:
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    flags = {name: None if values[name] is None else bool(values[name]) for name in _FLAGS}
    return Entry(**values | flags | {"detail": json.loads(values["detail"])})


def _json(content: Any) -> str:
    return json.dumps(content)
