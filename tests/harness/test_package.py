"""Zips that the worker would not hand on."""

import hashlib

import pytest
from archives import make_zip

from submission_builder.errors import SubmissionError
from submission_builder.harness.package import digests, open_package


def refused(path):
    with pytest.raises(SubmissionError) as caught:
        open_package(path)
    assert caught.value.outcome == "contract_error"
    return caught.value


def test_a_good_zip_is_digested(tmp_path):
    path = make_zip(tmp_path / "z.zip")
    assert open_package(path).path == path
    found = digests(path)
    assert found["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found["md5"] == hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def test_a_missing_file_is_named(tmp_path):
    assert "nowhere.zip is no file" in str(refused(tmp_path / "nowhere.zip"))


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "z.zip").write_text("not a zip")
    assert "is no zip" in str(refused(tmp_path / "z.zip"))


def test_a_damaged_zip_is_refused(tmp_path):
    path = make_zip(tmp_path / "z.zip")
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    assert "the checksum of submission.py is wrong" in str(refused(path))


def test_a_folder_round_the_files_is_found(tmp_path):
    error = refused(make_zip(tmp_path / "z.zip", entry="my_model/submission.py"))
    assert "no submission.py at its root" in str(error)
    assert "my_model/submission.py" in error.hint


@pytest.mark.parametrize("trap", ["metadata", "metadata.yaml"])
def test_a_file_named_metadata_is_a_trap(tmp_path, trap):
    assert "takes the zip for a program" in str(refused(make_zip(tmp_path / "z.zip", names={trap: b""})))
