"""Fixtures of the downloads' tests."""

import itertools

import pytest
from s3_server import random_bytes, recording

_NUMBER = itertools.count(100)


@pytest.fixture
def name():
    """A release that no other test has."""
    return f"R{next(_NUMBER)}_L100_bdf"


@pytest.fixture
def files(s3, name):
    """A release of 2 subjects and 2 tasks on the server: random bytes under real names."""
    contents = {"participants.tsv": b"participant_id\nsub-A\nsub-B\n", "dataset_description.json": b"{}", "empty": b""}
    for subject in ("A", "B"):
        for task in ("contrastChangeDetection", "RestingState"):
            contents[recording(subject, task=task)] = random_bytes(300_000)
            contents[recording(subject, "events.tsv", task=task)] = random_bytes(500)
    s3.put(name, contents)
    return contents


@pytest.fixture
def on_disk(tmp_path, name):
    """Contents of the release in the folder of the test, by path."""

    def read():
        folder = tmp_path / name
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    return read
