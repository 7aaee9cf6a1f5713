"""Open the ledger's file for one transaction, or for reading.

The file is in WAL mode, so that readers and a writer do not wait for each other. Every transaction has a connection of
its own: no process holds the file while a submission runs. A committed entry survives the death of the process; a loss
of power may cost the newest ones, and leaves the file intact.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from typing import TYPE_CHECKING

from submission_builder.base.errors import LedgerError
from submission_builder.ledger.place import MOVE, OFF
from submission_builder.ledger.schema import is_current, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 10.0
"""Longest wait for other writers, in s."""

_ATTEMPT_S, _PAUSE_S = 0.02, 0.01
"""SQLite's own wait in an attempt, and the longest pause between two. SQLite alone would wait ever longer between its
attempts, so that one of many writers could be left out for seconds."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the ledger, creating or migrating it if needed, for one transaction; an exception undoes the transaction.

    Raises
    ------
    LedgerError
        If the file cannot be written to.
    """
    with _explained(path, "written to"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(_begun(path)) as connection:
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Open the ledger for reading; None if there is no file.

    Raises
    ------
    LedgerError
        If the file cannot be read.
    """
    with _explained(path, "read"):
        if not path.exists():
            yield None
            return
        with contextlib.closing(_readable(path)) as connection:
            if is_current(connection):
                yield connection
                return
    with writing(path) as connection:  # migrates an older file
        yield connection


def _begun(path: Path) -> sqlite3.Connection:
    """Open the file and begin a transaction, which no other process can write during."""
    deadline = time.monotonic() + WAIT_S
    while True:
        connection = _opened(path, "mode=rwc", _ATTEMPT_S)
        try:
            _begin(connection)
        except BaseException as error:
            connection.close()
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0, _PAUSE_S))  # noqa: S311 - spreads the writers
        else:
            return connection


def _is_busy(error: BaseException) -> bool:
    """Whether another process holds the file; the low byte of the code is the kind, the rest its variant."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in _BUSY


def _begin(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")  # the file keeps it
    connection.execute("PRAGMA synchronous = NORMAL")
    if not is_current(connection):
        migrate(connection)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA busy_timeout = {WAIT_S * 1000:.0f}")


def _readable(path: Path) -> sqlite3.Connection:
    """Open the file for reading, also in a folder that cannot be written to."""
    connection = _opened(path, "mode=ro", WAIT_S)
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or path.with_name(f"{path.name}-wal").exists():
            raise
        # SQLite cannot make its -shm file here. Without a -wal file, no entry is outside the file itself.
        return _opened(path, "mode=ro&immutable=1", WAIT_S)
    return connection


def _opened(path: Path, query: str, wait_s: float) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{query}", timeout=wait_s, isolation_level=None, uri=True)


@contextlib.contextmanager
def _explained(path: Path, used: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, LedgerError) as error:
        if isinstance(error, LedgerError) and error.hint:
            raise
        reason = "it is a folder" if path.is_dir() else getattr(error, "strerror", None) or error
        raise LedgerError(
            f"the ledger {path} cannot be {used}: {reason}", hint=f"{MOVE} names another file; {OFF}=1 turns it off"
        ) from error
