"""The file of the ledger: made, migrated, refused."""

import contextlib
import os
import sqlite3
import subprocess
import sys

import pytest

from submission_builder.base.errors import LedgerError
from submission_builder.harness.runtime import Runtime
from submission_builder.ledger import connect, schema
from submission_builder.ledger.connect import reading, writing
from submission_builder.ledger.entry import Entry
from submission_builder.ledger.store import Filter, append, find

ONE = Entry("check", "a.zip", "ok", "0", 1.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a folder ?#%" / "ledger.sqlite3"


def execute(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = [connection.execute(statement).fetchone() for statement in statements]
        connection.commit()
    return found


def test_reading_makes_no_file(path):
    with reading(path) as connection:
        assert connection is None
    assert not path.parent.exists()


def test_writing_makes_folder_and_file(path):
    append(path, [ONE])
    version, application, mode = execute(path, "PRAGMA user_version", "PRAGMA application_id", "PRAGMA journal_mode")
    assert (version, application, mode) == ((len(schema.STEPS),), (schema.APPLICATION_ID,), ("wal",))


def test_an_empty_file_becomes_a_ledger(path):
    path.parent.mkdir()
    path.touch()
    assert find(path, Filter()) == []
    append(path, [ONE])
    assert find(path, Filter()) == [ONE]


def test_an_exception_undoes_the_transaction(path):
    append(path, [ONE])
    with pytest.raises(ZeroDivisionError), writing(path) as connection:
        connection.execute("DELETE FROM entry")
        1 / 0  # noqa: B018
    assert find(path, Filter()) == [ONE]


def test_an_older_file_is_migrated_once_and_keeps_its_entries(path, monkeypatch):
    """Reading migrates it too, since the queries expect the newest schema."""
    append(path, [ONE])
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, ("ALTER TABLE entry ADD COLUMN mood TEXT DEFAULT 'fine'",)))
    assert find(path, Filter()) == [ONE]
    append(path, [ONE])
    version, mood = execute(path, "PRAGMA user_version", "SELECT count(*) FROM entry WHERE mood = 'fine'")
    assert (version, mood) == ((len(schema.STEPS),), (2,))


def test_a_file_of_every_earlier_schema_is_migrated(path, monkeypatch):
    """The entry is written with the columns that all schemas share."""
    newest = schema.STEPS
    for n in range(1, len(newest)):
        monkeypatch.setattr(schema, "STEPS", newest[:n])
        with writing(path) as connection:
            connection.execute(
                "INSERT INTO entry (at, command, subpack, path, outcome, detail) "
                "VALUES (1, 'check', '0', 'a.zip', 'ok', '{}')"
            )
        monkeypatch.setattr(schema, "STEPS", newest)
        assert find(path, Filter()) == [ONE]
        path.unlink()


def test_a_migration_that_fails_changes_nothing(path, monkeypatch):
    append(path, [ONE])
    steps = (*schema.STEPS, ("ALTER TABLE entry ADD COLUMN mood TEXT", "nonsense"))
    monkeypatch.setattr(schema, "STEPS", steps)
    with pytest.raises(LedgerError, match='cannot be written to: near "nonsense"'):
        append(path, [ONE])
    monkeypatch.setattr(schema, "STEPS", steps[:-1])
    assert find(path, Filter()) == [ONE]


@pytest.mark.parametrize(
    ("statement", "fact"),
    [
        ("PRAGMA user_version = 99", "has schema 99, which a newer subpack wrote; this subpack reads schemas up to 2"),
        ("PRAGMA application_id = 7", "is a database of another program"),
    ],
)
def test_a_newer_file_and_that_of_another_program_are_refused_and_unchanged(path, statement, fact):
    append(path, [ONE])
    execute(path, statement)
    before = path.read_bytes()
    for attempt in (lambda: append(path, [ONE]), lambda: find(path, Filter())):
        with pytest.raises(LedgerError, match=fact) as caught:
            attempt()
        assert "SUBPACK_LEDGER names another file" in caught.value.hint
    assert path.read_bytes() == before


def test_a_database_of_another_program_without_numbers_is_refused(path):
    path.parent.mkdir()
    execute(path, "CREATE TABLE precious (x)")
    with pytest.raises(LedgerError, match="another program"):
        append(path, [ONE])


@pytest.mark.parametrize("content", [b"no database at all, only text", b"SQLite format 3\0" + bytes(500)])
def test_a_corrupt_file_is_an_error_that_names_it(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    for attempt in (lambda: append(path, [ONE]), lambda: find(path, Filter())):
        with pytest.raises(LedgerError, match=r"ledger\.sqlite3 cannot be"):
            attempt()
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_or_is_a_file_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    for path, reason in ((tmp_path / "file" / "ledger.sqlite3", "File exists"), (tmp_path, "it is a folder")):
        with pytest.raises(LedgerError, match=f"cannot be written to: {reason}"):
            append(path, [ONE])
    with pytest.raises(LedgerError, match="cannot be read: it is a folder"):
        find(tmp_path, Filter())


def test_a_locked_file_is_an_error_after_the_wait(path, monkeypatch):
    append(path, [ONE])
    monkeypatch.setattr(connect, "WAIT_S", 0.1)
    with writing(path) as connection:
        connection.execute("DELETE FROM entry")
        with pytest.raises(LedgerError, match="database is locked"):
            append(path, [ONE])
        assert find(path, Filter()) == [ONE]  # a reader does not wait


def test_a_full_disk_is_an_error_and_keeps_the_old_entries(path, monkeypatch):
    append(path, [ONE])
    opened = connect._opened

    def full(*args):
        connection = opened(*args)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite raises it to the size that the file has
        return connection

    monkeypatch.setattr(connect, "_opened", full)
    with pytest.raises(LedgerError, match="database or disk is full"):
        append(path, [Entry("check", "x" * 100_000, "ok", "0", 1.0)])
    assert find(path, Filter()) == [ONE]


def test_a_read_only_folder_can_be_read_and_not_written_to(path):
    """The mount is read-only, because file modes do not bind root."""
    if Runtime().level() != "namespace":
        pytest.skip("no bubblewrap here, which mounts a folder read-only")
    append(path, [ONE])
    program = (
        "import sys; from pathlib import Path; from submission_builder.ledger.store import *\n"
        "path = Path(sys.argv[1]); print(len(find(path, Filter())))\n"
        "try: append(path, find(path, Filter()))\n"
        "except Exception as error: print(type(error).__name__)"
    )
    folder = str(path.parent)
    command = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", folder, folder, sys.executable, "-c", program, str(path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    assert said.split() == ["1", "LedgerError"]
