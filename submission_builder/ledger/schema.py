"""The tables of the ledger, and their migration.

The schema version is the ``user_version`` of the file. Step *n* of :data:`STEPS` leads from version *n* to version
*n* + 1. A step that was released is never changed; a new version is a new step. A file of an older version is migrated
when it is opened, in one transaction. A file of a newer version, or of another program, is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.base.errors import LedgerError

if TYPE_CHECKING:
    import sqlite3

APPLICATION_ID = 0x53504B4C
"""Number in the file's header that marks a ledger of subpack: ``SPKL``."""

_COLUMNS = """
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    command TEXT NOT NULL,
    subpack TEXT NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT,
    md5 TEXT,
    outcome TEXT NOT NULL,
    release TEXT,
    fingerprint TEXT,
    simulated INTEGER,
    sampled INTEGER,
    profile TEXT,
    definition TEXT,
    overall REAL,
    challenge1 REAL,
    challenge2 REAL,
    findings INTEGER,
    detail TEXT NOT NULL
"""

_BUILD_COLUMNS = "sha256 TEXT PRIMARY KEY, recipe TEXT NOT NULL, inputs TEXT NOT NULL, manifest TEXT NOT NULL"

STEPS: tuple[tuple[str, ...], ...] = (
    (
        f"CREATE TABLE entry ({_COLUMNS})",
        "CREATE INDEX entry_at ON entry (at)",
        "CREATE INDEX entry_sha256 ON entry (sha256, at)",
        "CREATE INDEX entry_md5 ON entry (md5)",
        "CREATE INDEX entry_command ON entry (command, at)",
        "CREATE INDEX entry_release ON entry (release, at)",
        "CREATE INDEX entry_command_release ON entry (command, release, at)",
        f"CREATE TABLE build ({_BUILD_COLUMNS})",
    ),
    ("ALTER TABLE entry RENAME COLUMN sampled TO partial",),  # recordings that are left out count too
)
"""Statements of each step."""


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether a file has the newest schema.

    Raises
    ------
    LedgerError
        If it is a database of another program, or its schema is newer than this subpack.
    """
    version = _number(connection, "user_version")
    if _number(connection, "application_id") != APPLICATION_ID:
        if version or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise LedgerError("the file is a database of another program; a ledger of subpack is expected")
        return False
    if version > len(STEPS):
        raise LedgerError(
            f"the file has schema {version}, which a newer subpack wrote; this subpack reads schemas up to {len(STEPS)}"
        )
    return version == len(STEPS)


def migrate(connection: sqlite3.Connection) -> None:
    """Make the tables of a new file, or bring those of an older one to the newest schema.

    Raises
    ------
    LedgerError
        As for :func:`is_current`.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not is_current(connection):  # another process may have migrated the file in the meantime
            for statements in STEPS[_number(connection, "user_version") :]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(STEPS)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
