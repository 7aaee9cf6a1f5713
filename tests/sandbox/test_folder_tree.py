"""Folders of any depth and length of path are measured within bounds and removed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from submission_builder.sandbox.folder_tree import contents, remove

AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def deepen(folder, depth, name="d"):
    """Make folders in folders; the path may become longer than the system takes."""
    below = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=below)
        deeper = os.open(name, os.O_RDONLY, dir_fd=below)
        os.close(below)
        below = deeper
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=below))
    os.close(below)


@pytest.mark.parametrize(("depth", "name"), [(3, "d"), (1500, "d"), (3000, "d"), (40, "n" * 255)])
def test_folders_in_folders_are_removed(tmp_path, depth, name):
    folder = tmp_path / "deep"
    folder.mkdir()
    deepen(folder, depth, name)
    assert remove(folder)
    assert list(tmp_path.iterdir()) == []


def test_many_files_and_links_are_removed_and_their_targets_are_kept(tmp_path):
    folder, kept = tmp_path / "many", tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    for i in range(3):
        (folder / f"{i}" / "below").mkdir(parents=True)
        for k in range(1200):
            (folder / f"{i}" / f"{k}").touch()
        (folder / f"{i}" / "link").symlink_to(kept)
        os.mkfifo(folder / f"{i}" / "pipe")
    (folder / "link").symlink_to(kept)
    assert remove(folder)
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["file", "kept"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_folders_without_permissions_are_removed_by_an_ordinary_user(tmp_path):
    for above in (tmp_path, *tmp_path.parents[:3]):
        above.chmod(0o777)
    program = (
        "import os, sys; sys.path[:0] = sys.argv[2:]; from pathlib import Path\n"
        "from submission_builder.sandbox.folder_tree import contents, remove\n"
        "folder = Path(sys.argv[1]); (folder / 'a/b/c').mkdir(parents=True); (folder / 'a/b/c/file').touch()\n"
        "[one.chmod(0) for one in (folder / 'a/b/c', folder / 'a/b', folder / 'a')]\n"
        "print(contents(folder, 10, 10).closed, remove(folder), folder.exists())"
    )

    command = [*AS_NOBODY, sys.executable, "-B", "-c", program, str(tmp_path / "x"), *sys.path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Permission denied" in result.stderr or "not found" in result.stderr or "No module" in result.stderr:
        pytest.skip(f"an ordinary user cannot run this Python: {result.stderr.strip().splitlines()[-1]}")
    assert result.stdout.split() == ["True", "True", "False"], result.stderr


def test_a_folder_that_does_not_exist_is_not_removed(tmp_path):
    assert not remove(tmp_path / "none")


def test_bytes_on_disk_are_counted_once_for_each_file(tmp_path):
    (tmp_path / "a").write_bytes(bytes(1 << 20))
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "hole").touch()
    os.truncate(tmp_path / "hole", 1 << 40)
    seen = contents(tmp_path, 100, 10)
    assert 1 << 20 <= seen.n_bytes < 1.1 * (1 << 20)
    assert (seen.entries, seen.depth, seen.closed) == (3, 0, False)


def test_space_beyond_the_end_of_a_file_is_counted(tmp_path):
    with (tmp_path / "a").open("wb") as file:
        try:
            subprocess.run(["fallocate", "-n", "-l", str(1 << 20), str(tmp_path / "a")], check=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this file system allocates no space beyond the end of a file")
        assert os.fstat(file.fileno()).st_size == 0
    assert contents(tmp_path, 100, 10).n_bytes >= 1 << 20


@pytest.mark.parametrize("name", ["d", "n" * 255])
def test_measuring_stops_at_its_bounds(tmp_path, name):
    deepen(tmp_path, 300, name)
    assert contents(tmp_path, 1000, 10).depth == 11
    assert contents(tmp_path, 20, 1000).entries == 21
    assert contents(tmp_path, 1000, 400).depth == 300


def test_no_descriptor_stays_open(tmp_path):
    deepen(tmp_path, 30)
    before = len(list(Path("/proc/self/fd").iterdir()))
    contents(tmp_path, 10, 100)
    remove(tmp_path / "d")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
