"""Reproducible zips."""

import os
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission_builder.freeze.zip_writer import entry, write_archive

contents = st.dictionaries(st.from_regex(r"[a-z]{1,8}\.(py|pt)", fullmatch=True), st.binary(max_size=200), min_size=1)


@given(contents)
def test_bytes_depend_on_content_alone(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("zip")
    entries = {name: entry(content) for name, content in contents.items()}
    write_archive(folder / "a.zip", entries)
    write_archive(folder / "b.zip", dict(reversed(entries.items())))
    assert (folder / "a.zip").read_bytes() == (folder / "b.zip").read_bytes()
    with zipfile.ZipFile(folder / "a.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == contents


def test_a_file_and_its_bytes_make_the_same_entry(tmp_path):
    (tmp_path / "w.pt").write_bytes(b"weights")
    write_archive(tmp_path / "a.zip", {"w.pt": entry(tmp_path / "w.pt")})
    write_archive(tmp_path / "b.zip", {"w.pt": entry(b"weights")})
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


PROGRAM = """
import os, sys, time
os.umask(int(sys.argv[1], 8))
time.tzset()
from pathlib import Path
from submission_builder.freeze.zip_writer import entry, write_archive
folder = Path(sys.argv[2])
for name in sys.argv[3:]:
    (folder / name).write_text(name)
write_archive(folder / "a.zip", {name: entry(folder / name) for name in sys.argv[3:]})
"""


def test_time_zone_umask_and_file_order_change_no_byte(tmp_path):
    names = ["b.py", "a.pt", "C.py", "a.py"]
    written = []
    for i, (zone, umask, order) in enumerate(
        [("UTC", "022", names), ("Pacific/Auckland", "077", names[::-1]), ("America/New_York", "000", sorted(names))]
    ):
        folder = tmp_path / str(i)
        folder.mkdir()
        command = [sys.executable, "-c", PROGRAM, umask, str(folder), *order]
        subprocess.run(command, check=True, env=os.environ | {"TZ": zone})
        written.append((folder / "a.zip").read_bytes())
    assert written[0] == written[1] == written[2]


def test_every_entry_has_a_fixed_time_and_mode_and_no_compression(tmp_path):
    write_archive(tmp_path / "a.zip", {"a.py": entry(b"1"), "sources/b.py": entry(b"2")})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        found = {(i.date_time, i.external_attr, i.create_system, i.compress_type) for i in archive.infolist()}
    assert found == {((1980, 1, 1, 0, 0, 0), 0o100644 << 16, 3, zipfile.ZIP_STORED)}


MEMORY = """
import resource, sys
from pathlib import Path
from submission_builder.freeze.zip_writer import entry, write_archive
folder = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_archive(folder / "a.zip", {path.name: entry(path) for path in sorted(folder.glob("*.pt"))})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_weights(tmp_path):
    """The peak grows by less than 16 MiB for 600 MB of files."""
    for i in range(6):
        with (tmp_path / f"{i}.pt").open("wb") as file:
            file.truncate(100_000_000)
    output = subprocess.run([sys.executable, "-c", MEMORY, tmp_path], check=True, capture_output=True, text=True).stdout
    assert (tmp_path / "a.zip").stat().st_size > 600_000_000
    assert int(output) < 16 * 1024
