"""Listing a release, and what a wrong name is answered with."""

from datetime import UTC, datetime

import pytest

from submission_builder.base.errors import DownloadError
from submission_builder.downloads.listing import list_release, remote_file
from submission_builder.downloads.site import ENDPOINT, ROOT, ReleaseAddress, open_bucket


def listing(s3, release, root=ROOT):
    return list_release(open_bucket(s3.url, 5), ReleaseAddress(root, release), s3.url)


def test_files_of_the_release_come_before_those_of_subjects(s3, name, files):
    listed = listing(s3, name)
    assert {str(file.path): file.size for file in listed} == {path: len(content) for path, content in files.items()}
    assert ["sub-" in str(file.path) for file in listed] == [False] * 3 + [True] * 8


def test_a_listing_has_as_many_pages_as_it_needs(s3, name, files, monkeypatch):
    """S3 lists at most 1,000 objects at a time; here it lists 3."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    assert {str(file.path) for file in listing(s3, name)} == set(files)


def test_a_release_whose_name_begins_like_another_is_another(s3, name, files):
    """R1 is not R10 and R11."""
    s3.put(f"{name}0", {"participants.tsv": b""})
    assert len(listing(s3, name)) == len(files)


def test_a_wrong_name_is_answered_with_the_names_on_the_server(s3, name, files):
    for wrong in (name.lower(), name.replace("_L100", "-L100")):
        with pytest.raises(DownloadError) as caught:
            listing(s3, wrong)
        assert f"s3://nmdatasets/NeurIPS25/{wrong} does not exist" in str(caught.value)
        assert name in str(caught.value)
        assert name in caught.value.hint


def test_a_wrong_root_is_answered_with_the_right_one(s3, name, files):
    with pytest.raises(DownloadError) as caught:
        listing(s3, name, root="NeurIPS2025")
    assert caught.value.hint == f"did you mean NeurIPS25/{name}?"


def test_a_server_that_is_not_there_is_an_error_that_names_it(name):
    with pytest.raises(DownloadError) as caught:
        list_release(open_bucket("http://127.0.0.1:9", 1), ReleaseAddress(ROOT, name), "http://127.0.0.1:9")
    assert "cannot be listed" in str(caught.value)
    assert "127.0.0.1:9" in caught.value.hint


def test_without_a_network_the_error_names_the_server_of_the_organisers(name, monkeypatch):
    """The default address, behind a proxy that is not there, so that the test never leaves this machine."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:8")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(DownloadError) as caught:
        list_release(open_bucket(ENDPOINT, 1), ReleaseAddress(ROOT, name), ENDPOINT)
    assert f"s3://nmdatasets/NeurIPS25/{name} cannot be listed" in str(caught.value)
    assert "https://s3.us-east-2.amazonaws.com" in caught.value.hint


@pytest.mark.parametrize("key", ["NeurIPS25/R1/../../etc/passwd", "NeurIPS25/R1", "NeurIPS25/R1/a\0b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(key):
    meta = {"path": key, "size": 1, "last_modified": datetime.now(UTC), "e_tag": None, "version": None}
    with pytest.raises(DownloadError, match="no path in a folder"):
        remote_file(meta, ReleaseAddress("NeurIPS25", "R1"))


@pytest.mark.parametrize(
    ("etag", "md5"),
    [
        ('"9e107d9d372bb6826bd81d3542a419d6"', "9e107d9d372bb6826bd81d3542a419d6"),
        ("9e107d9d372bb6826bd81d3542a419d6", "9e107d9d372bb6826bd81d3542a419d6"),
        ('"9e107d9d372bb6826bd81d3542a419d6-12"', None),
        ('W/"9e107d9d372bb6826bd81d3542a419d6"', None),
        (None, None),
    ],
)
def test_an_etag_with_a_dash_is_no_md5(etag, md5):
    meta = {"path": "NeurIPS25/R1/x", "size": 1, "last_modified": datetime.now(UTC), "e_tag": etag, "version": None}
    assert remote_file(meta, ReleaseAddress("NeurIPS25", "R1")).md5 == md5
