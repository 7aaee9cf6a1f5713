"""Zips that cannot reach the scorer are refused."""

import hashlib

import pytest
from archives import make_zip

from submission_builder.base.errors import SubmissionError
from submission_builder.harness.package import digests, open_package


def refused(path):
    with pytest.raises(SubmissionError) as caught:
        open_package(path)
    assert caught.value.outcome == "contract_error"
    return caught.value


def test_a_valid_zip_is_digested(tmp_path):
    path = make_zip(tmp_path / "z.zip")
    assert open_package(path).path == path
    found = digests(path)
    assert found["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found["md5"] == hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def test_a_missing_file_is_named(tmp_path):
    assert "nowhere.zip is not a file" in str(refused(tmp_path / "nowhere.zip"))


def test_a_file_that_is_not_a_zip_is_refused(tmp_path):
    (tmp_path / "z.zip").write_text("not a zip")
    assert "cannot be read as a zip" in str(refused(tmp_path / "z.zip"))


def test_a_damaged_zip_is_refused(tmp_path):
    path = make_zip(tmp_path / "z.zip")
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    assert "submission.py cannot be read: Bad CRC-32" in str(refused(path))


def test_a_folder_around_the_files_is_named(tmp_path):
    error = refused(make_zip(tmp_path / "z.zip", entry="my_model/submission.py"))
    assert "no submission.py at its root" in str(error)
    assert "my_model/submission.py" in error.hint


@pytest.mark.parametrize("trap", ["metadata", "metadata.yaml"])
def test_a_file_called_metadata_is_refused(tmp_path, trap):
    assert "treats the zip as a program" in str(refused(make_zip(tmp_path / "z.zip", names={trap: b""})))


def test_html_files_at_the_root_are_listed(tmp_path):
    """Check S004 reports them before a run, and the caveats of an evaluation report them after it."""
    names = {"report.html": b"", "docs/more.html": b"", "X.HTM": b""}
    assert open_package(make_zip(tmp_path / "z.zip", names=names)).pages() == ["report.html", "X.HTM"]


@pytest.mark.parametrize("name", ["n" * 300, "a/" * 1500 + "b"])
def test_names_that_no_file_can_have_are_refused(tmp_path, name):
    assert "cannot be read as a zip" in str(refused(make_zip(tmp_path / "z.zip", names={name: b""})))


def test_names_that_cannot_be_files_beside_each_other_are_a_contract_error(tmp_path):
    package = open_package(make_zip(tmp_path / "z.zip", names={"a": b"", "a/b": b""}))
    with pytest.raises(SubmissionError, match="cannot be unpacked") as caught:
        package.unpack(tmp_path / "res")
    assert caught.value.outcome == "contract_error"


def test_nothing_is_unpacked_outside_the_folder(tmp_path):
    """As ``extractall`` does: a path that leads out of the folder is changed to one inside."""
    package = open_package(make_zip(tmp_path / "z.zip", names={"../../out": b"", "/abs": b""}))
    package.unpack(tmp_path / "res")
    assert {one.name for one in (tmp_path / "res").iterdir()} == {"submission.py", "out", "abs"}
    assert {one.name for one in tmp_path.iterdir()} == {"res", "z.zip"}


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("submission_builder.server.bombs.MOST_UNPACKED_BYTES", 1 << 20)
    assert "unpacks to" in str(refused(make_zip(tmp_path / "z.zip", names={"zeros": bytes(2 << 20)})))


@pytest.mark.parametrize(
    ("manifest", "stateful"),
    [
        (None, set()),
        (b'{"challenges": {"1": {"stateful": true}, "2": {"stateful": false}}}', {1}),
        (b'{"challenges": {"1": {}, "2": {}}}', set()),
        (b'{"challenges": ["1"]}', set()),
        (b"[]", set()),
        (b"\xff", set()),
        (b"[" * 100_000, set()),
    ],
)
def test_a_manifest_can_declare_that_a_model_keeps_state(tmp_path, manifest, stateful):
    names = {} if manifest is None else {"manifest.json": manifest}
    assert open_package(make_zip(tmp_path / "z.zip", names=names)).stateful() == stateful
