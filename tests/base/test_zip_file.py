"""Zips are read within bounds, and a damaged one gives one exception whatever its compression."""

import io
import tracemalloc
import zipfile

import pytest

from submission_builder.base.zip_file import ZipFault, open_zip, read_entry, require_whole

METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflated": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


def packed(entries, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_an_entry_is_read_as_it_was_written(method):
    content = bytes(range(256)) * 300
    with open_zip(packed({"a": content}, method)) as archive:
        assert read_entry(archive, "a", len(content)) == content
        with archive.open("a") as file:
            assert file.read(5000) + file.read() == content


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_an_entry_longer_than_its_bound_is_refused(method):
    with (
        open_zip(packed({"a": bytes(1001)}, method)) as archive,
        pytest.raises(ZipFault, match="more than 1,000 bytes"),
    ):
        read_entry(archive, "a", 1000)


@pytest.mark.parametrize("method", list(METHODS.values())[1:], ids=list(METHODS)[1:])
@pytest.mark.parametrize(
    "read", [lambda archive: read_entry(archive, "a", 1 << 20), lambda archive: require_whole(archive, "a")]
)
def test_damaged_data_are_one_exception_for_each_method(method, read):
    content = bytearray(packed({"a": bytes(range(256)) * 40}, method).getvalue())
    content[45:60] = bytes(15)
    with open_zip(io.BytesIO(content)) as archive, pytest.raises(ZipFault):
        read(archive)


def test_a_missing_entry_is_the_same_exception():
    with open_zip(packed({"a": ""})) as archive, pytest.raises(ZipFault):
        read_entry(archive, "b", 10)


@pytest.mark.parametrize("content", [b"", b"PK", b"\xff" * 100], ids=["nothing", "start", "other"])
def test_a_file_that_is_no_zip_is_the_same_exception(content):
    with pytest.raises(ZipFault), open_zip(io.BytesIO(content)):
        pass


def test_200_bytes_of_bzip2_do_not_fill_the_memory():
    """The class of the standard library decompresses as much at once as the caller reads bytes: here 200 MB."""
    buffer = packed({"a": bytes(200_000_000)}, zipfile.ZIP_BZIP2)
    assert buffer.getbuffer().nbytes < 1000
    tracemalloc.start()
    with open_zip(buffer) as archive, pytest.raises(ZipFault):
        read_entry(archive, "a", 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 << 20


@pytest.mark.parametrize(
    ("name", "says"),
    [("a/" * 1500 + "b", "1,500 folders"), ("n" * 300, "300 bytes"), ("x/" * 2000 + "n" * 100, "4,100 bytes")],
)
def test_names_that_no_file_can_have_are_refused(name, says):
    with pytest.raises(ZipFault, match=says), open_zip(packed({name: ""})):
        pass


def test_a_list_of_too_many_entries_is_not_read(monkeypatch):
    monkeypatch.setattr("submission_builder.base.zip_file.MOST_DIRECTORY_BYTES", 100)
    with pytest.raises(ZipFault, match="list of entries"), open_zip(packed({"a" * 30: "", "b" * 30: ""})):
        pass
