"""The verbs behind ``subpack cache``; tests/base/test_cache.py prunes by age, size and use."""

import pytest

from submission_builder.workflows.cache import list_cache, prune_cache


@pytest.fixture
def entry(tmp_path, monkeypatch):
    monkeypatch.setenv("SUBPACK_CACHE", str(tmp_path))
    path = tmp_path / "demo" / "submission.zip"
    path.parent.mkdir()
    path.write_bytes(bytes(1 << 16))
    return path


def test_a_listing_holds_folder_and_entries(entry):
    listing = list_cache()
    content = listing.to_dict()
    assert content["folder"] == str(entry.parents[1])
    (one,) = content["entries"]
    assert (one["kind"], one["path"], one["made_of"]) == ("demo", str(entry), None)
    assert listing.n_bytes == one["bytes"] >= 1 << 16


def test_a_dry_run_chooses_what_a_run_removes(entry):
    announced = []
    dry = prune_cache(everything=True, dry_run=True)
    assert entry.exists()
    done = prune_cache(everything=True, announce=announced.append)
    assert not entry.exists()
    assert dry.removals == done.removals == tuple(announced)
    assert dry.freed == done.freed >= 1 << 16
    assert done.to_dict()["bytes_freed"] == done.freed
    assert list_cache().entries == ()


def test_nothing_is_removed_without_a_reason(entry):
    assert prune_cache().removals == prune_cache(max_gib=1).removals == prune_cache(older_than_days=1).removals == ()
    assert entry.exists()
