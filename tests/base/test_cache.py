"""The cache is listed and pruned; what a running process reads or writes stays."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from submission_builder.base.cache import entries, hold
from submission_builder.cli import main


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Two stores of 100 and 200 KiB, the larger not used for ten days, and the zip of the demo."""
    folder = tmp_path / "cache"
    for name, kib, days in (("new", 100, 0), ("old", 200, 10)):
        store = folder / "stores" / name
        store.mkdir(parents=True)
        for file, content in (("index.json", b'{"made_of": "/data/R5"}'), ("signals.f32", bytes(kib << 10))):
            (store / file).write_bytes(content)
            os.utime(store / file, (time.time() - days * 86_400,) * 2)
        os.utime(store, (time.time() - days * 86_400,) * 2)
    (folder / "demo").mkdir()
    (folder / "demo" / "submission.zip").write_bytes(b"zip")
    monkeypatch.setenv("SUBPACK_CACHE", str(folder))
    return folder


def subpack(*arguments):
    result = CliRunner().invoke(main, ["cache", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def names(cache):
    return {path.name for kind in cache.iterdir() for path in kind.iterdir()}


def test_every_entry_is_listed_with_its_size(cache):
    listed = {Path(entry["path"]).name: entry for entry in json.loads(subpack("--json"))}
    assert {name: entry["kind"] for name, entry in listed.items()} == {
        "new": "stores",
        "old": "stores",
        "submission.zip": "demo",
    }
    assert 200 << 10 <= listed["old"]["bytes"] <= 220 << 10
    assert listed["old"]["made_of"] == "/data/R5"
    assert listed["submission.zip"]["made_of"] is None
    assert "old" in subpack()


def test_an_empty_cache_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("SUBPACK_CACHE", str(tmp_path / "nowhere"))
    assert json.loads(subpack("--json")) == []
    assert "0 bytes freed" in subpack("prune", "--all")


def test_entries_that_were_not_used_for_days_are_pruned(cache):
    subpack("prune", "--older-than", "5")
    assert names(cache) == {"new", "submission.zip"}


def test_the_longest_unused_entries_are_pruned_down_to_a_size(cache):
    subpack("prune", "--to", str(150 / 1024 / 1024))
    assert names(cache) == {"new", "submission.zip"}


def test_a_dry_run_removes_nothing(cache):
    assert "would remove" in subpack("prune", "--all", "--dry-run")
    assert names(cache) == {"new", "old", "submission.zip"}


def test_an_entry_that_a_process_reads_stays(cache):
    """Also if another process prunes; afterwards it is removed."""
    prune = [sys.executable, "-m", "submission_builder", "cache", "prune", "--all"]
    held = hold(cache / "stores" / "old")
    output = subprocess.run(prune, capture_output=True, text=True, check=True).stdout
    os.close(held)
    assert f"in use, not removed: {cache / 'stores' / 'old'}" in output
    assert names(cache) == {"old"}
    subpack("prune", "--all")
    assert names(cache) == set()


def test_opening_a_store_counts_as_use(cache):
    os.close(hold(cache / "stores" / "old"))
    subpack("prune", "--older-than", "5")
    assert "old" in names(cache)


def test_only_incomplete_entries_of_dead_processes_are_pruned_by_default(cache):
    dead = subprocess.Popen(["true"])
    dead.wait()
    for pid in (dead.pid, os.getpid()):
        (cache / "stores" / f".store.{pid}-00.part").mkdir()
    subpack("prune")
    assert names(cache) == {"new", "old", "submission.zip", f".store.{os.getpid()}-00.part"}
    assert [entry.kind for entry in entries(cache)].count("leftover") == 0
