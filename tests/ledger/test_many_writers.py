"""Ten processes write at once, and some of them are killed."""

import contextlib
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

WRITERS, KILLED = 10, 4
ENDLESS = 10**9
"""Entries of a writer that is killed before it has finished."""


def start(path, name, count):
    command = [sys.executable, str(Path(__file__).with_name("writer.py")), str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def in_the_ledger(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        return [row[0] for row in connection.execute("SELECT path FROM entry")]


@pytest.mark.parametrize("count", [20, pytest.param(400, marks=pytest.mark.slow)])
def test_ten_writers_lose_nothing_even_if_some_are_killed(tmp_path, count):
    """The file is new. Every entry that a writer has named is in the ledger, once, also those of a killed writer."""
    path = tmp_path / "new" / "ledger.sqlite3"
    processes = [start(path, f"w{i}", ENDLESS if i < KILLED else count) for i in range(WRITERS)]
    victims, survivors = processes[:KILLED], processes[KILLED:]
    said = []
    for i, victim in enumerate(victims):
        said += [victim.stdout.readline() for _ in range(i + 1)]
        time.sleep(0.002 * i)
        victim.kill()  # SIGKILL
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in survivors] == [0] * len(survivors), outputs
    assert [process.returncode for process in victims] == [-9] * KILLED
    named = [name for text in (*said, *(out for out, _ in outputs)) for name in text.split()]
    found = in_the_ledger(path)
    assert set(named) <= set(found)
    assert len(found) == len(set(found))
    assert {f"w{i}-{n}" for i in range(KILLED, WRITERS) for n in range(count)} <= set(found)
