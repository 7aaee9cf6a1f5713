"""The reproducible zip."""

import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission_builder.freeze.archive import write_archive

entries = st.dictionaries(st.from_regex(r"[a-z]{1,8}\.py", fullmatch=True), st.binary(max_size=200), min_size=1)


@given(entries)
def test_archive_property_bytes_depend_on_contents_alone(tmp_path_factory, entries):
    folder = tmp_path_factory.mktemp("zip")
    write_archive(folder / "a.zip", entries)
    write_archive(folder / "b.zip", dict(reversed(entries.items())))
    assert (folder / "a.zip").read_bytes() == (folder / "b.zip").read_bytes()
    with zipfile.ZipFile(folder / "a.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == entries


def test_an_interrupted_write_keeps_the_earlier_file(tmp_path):
    path = tmp_path / "a.zip"
    write_archive(path, {"a.py": b"1"})
    earlier = path.read_bytes()
    with pytest.raises(TypeError):
        write_archive(path, {"a.py": b"2", "b.py": None})
    assert path.read_bytes() == earlier
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]
