"""Entries are found as they were appended, newest first, by an index."""

import contextlib
import json
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from submission_builder.ledger import store
from submission_builder.ledger.entry import Entry, StoredBuild
from submission_builder.ledger.store import Filter, append, find, find_build, find_digests, find_pairs

A, B = "a1" * 32, "a2" * 32
SCORES = {"profile": "final", "definition": "rmse/std", "challenge1": 0.9, "challenge2": 1.0, "overall": 0.97}


def entry(at, command="check", **columns):
    return Entry(command, "/z.zip", "ok", "0.1.0", float(at), **columns)


@pytest.fixture
def path(ledger):
    append(
        ledger,
        [
            entry(1, "build", sha256=A, md5="f" * 32),
            entry(3, "evaluate", sha256=A, release="R5", simulated=False, partial=True, **SCORES),
            entry(2, "evaluate", sha256=B, release="R4", simulated=True, partial=False, **SCORES, detail={"x": [1]}),
        ],
    )
    return ledger


def times(path, limit=None, **chosen):
    return [one.at for one in find(path, Filter(**chosen), limit)]


def test_filters_and_limit(path):
    assert times(path) == [3, 2, 1]
    assert times(path, limit=2) == [3, 2]
    assert times(path, sha256=A) == [3, 1]
    assert times(path, release="R4") == [2]
    assert times(path, command="evaluate", release="R5") == [3]
    assert times(path, since=2.0) == [3, 2]
    assert times(path, command="build", release="R5") == []


columns = {
    "sha256": st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
    "release": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    "simulated": st.none() | st.booleans(),
    "overall": st.none() | st.floats(allow_nan=False),
    "findings": st.none() | st.integers(0, 2**60),
    "detail": st.dictionaries(st.text(), st.none() | st.floats(allow_nan=False) | st.lists(st.integers())),
}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.fixed_dictionaries(columns))
def test_an_entry_is_found_as_it_was_appended(ledger, columns):
    """Text of any kind, numbers, flags and None come back equal."""
    one = Entry("check", "/zïp", "ok", "0", 1.0, **columns)
    append(ledger, [one])
    assert find(ledger, Filter(), limit=1) == [one]


def test_a_digest_is_found_by_its_beginning(path):
    assert find_digests(path, "a1") == [A]
    assert find_digests(path, "ffff") == [A]
    assert find_digests(path, "a") == [A, B]
    assert find_digests(path, "b") == []
    assert find_digests(path, A) == [A]


def test_an_evaluation_is_appended_once_whoever_returns_it(path):
    """The look-up uses an index."""
    (one,) = find(path, Filter(release="R5"))
    append(path, [one, *find(path, Filter(release="R4"))])
    assert len(find(path, Filter(command="evaluate"))) == 2
    append(path, [replace(one, at=one.at + 1), replace(one, fingerprint="other"), replace(one, sha256=None)])
    append(path, [replace(one, sha256=None)])
    assert len(find(path, Filter(command="evaluate"))) == 5
    with contextlib.closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {store._KNOWN}", ("a", 1.0, None, None, None)).fetchall()
    assert "SEARCH entry USING INDEX" in plan[0][3]
    assert "at=?" in plan[0][3]


def test_the_newest_build_of_a_zip_is_kept(ledger):
    assert find_build(ledger, A) is None
    for inputs in ({"/old": "1"}, {"/new\udcff": "2"}):
        append(ledger, [entry(1, "build", sha256=A)], [StoredBuild(A, {"half": False}, inputs, {"files": {}})])
    assert find_build(ledger, A) == StoredBuild(A, {"half": False}, {"/new\udcff": "2"}, {"files": {}})
    assert find_build(ledger, B) is None


def test_results_of_the_server_are_paired_with_scores_of_whole_releases_under_the_same_profile(path):
    """A sample, another profile and another zip give no pair."""
    assert find_pairs(path) == ([], 0)
    append(
        path,
        [
            entry(4, "record", sha256=A, **SCORES),
            entry(5, "record", sha256=B, **SCORES),
            entry(6, "record", sha256=B, **SCORES | {"profile": "v3"}),
        ],
    )
    pairs, n_server = find_pairs(path)
    assert [(server.at, local.at) for server, local in pairs] == [(5, 2)]
    assert n_server == 2


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        ({}, "entry_at"),
        ({"since": 1.0}, "entry_at"),
        ({"sha256": A}, "entry_sha256"),
        ({"sha256": A, "since": 1.0}, "entry_sha256"),
        ({"command": "check"}, "entry_command"),
        ({"release": "R5"}, "entry_release"),
        ({"release": "R5", "since": 1.0}, "entry_release"),
        ({"command": "check", "release": "R5", "since": 1.0}, "entry_command_release"),
    ],
)
def test_a_query_uses_an_index_and_sorts_nothing(path, monkeypatch, chosen, index):
    plans = []

    def explain(connection, query, values):
        plans.extend(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values))
        return []

    monkeypatch.setattr(store, "_entries", explain)
    find(path, Filter(**chosen), limit=20)
    assert len(plans) == 1
    assert f"USING INDEX {index}" in plans[0].replace("COVERING ", "")


def test_details_are_json_in_the_file(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (text,) = connection.execute("SELECT detail FROM entry WHERE at = 2").fetchone()
    assert json.loads(text) == {"x": [1]}
