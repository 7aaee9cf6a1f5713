"""The verbs behind ``subpack server``."""

import sys
from pathlib import Path

import pytest

from submission_builder.base.cache import cache_folder
from submission_builder.report.servers import install_notice, installed_line
from submission_builder.server import replica
from submission_builder.server.images import IMAGES
from submission_builder.workflows.servers import install_server, list_servers, remove_server, show_server


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SUBPACK_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def installation(cache, monkeypatch):
    """Installing writes a link to our Python, and planning needs no disk space."""

    def install(plan):
        assert plan.folder.is_relative_to(cache)
        python = replica._python(plan.folder)
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        return replica.find_replica(plan.image.name, cache_folder())

    monkeypatch.setattr(replica, "install", install)
    monkeypatch.setattr(replica, "_NEEDED_GIB", 0)
    monkeypatch.setattr(replica, "_nearest_python", lambda: replica.own_python().interpreter)


def test_no_replica_is_installed_at_first(cache):
    listing = list_servers()
    assert [server.image.name for server in listing.servers] == list(IMAGES)
    assert [server["replica"] for server in listing.to_dict()["servers"]] == [None] * len(IMAGES)


def test_an_image_is_its_facts_with_their_sources(cache):
    facts = show_server("lock").to_dict()["facts"]
    assert {
        "name": "eegdash",
        "value": "0.4.0",
        "grade": "published",
        "source": "the start kit's later lock file",
    } in facts


def test_a_replica_is_installed_once_and_removed(installation, monkeypatch):
    notices = []
    first, second = (install_server("lock", announce=notices.append) for _ in range(2))
    assert (first.existed, second.existed) == (False, True)
    assert first.server.executable == second.server.executable == Path(first.to_dict()["server"]["replica"])
    assert len(notices) == 1, "the second call installs nothing"
    assert [bool(server.replica) for server in list_servers().servers] == [name == "lock" for name in IMAGES]
    assert remove_server("lock").to_dict() == {"image": "lock"}
    assert show_server("lock").replica is None


def test_the_notice_names_another_version_of_python(installation):
    """The version of these tests is not the server's 3.10."""
    notices = []
    result = install_server("published", announce=notices.append)
    assert notices[0].other_python
    lines = install_notice(notices[0]).splitlines()
    assert lines[0].startswith("note: Python 3.10 is not installed")
    assert f"installs {len(IMAGES['published'].requirements)} packages" in lines[1]
    assert installed_line(result) == f"published is installed: {result.server.executable}"
