"""Files and folders appear complete or not at all."""

import errno
import os
import re

import pytest

from submission_builder.base.atomic import atomic_file, atomic_folder, remove_folder, require_writable
from submission_builder.base.errors import OutputError


def test_a_file_appears_when_the_block_ends(tmp_path):
    with atomic_file(tmp_path / "a.txt") as part:
        part.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_the_earlier_file(tmp_path, error):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(error), atomic_file(tmp_path / "a.txt") as part:
        part.write_text("half")
        raise error
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("atomic", [atomic_file, atomic_folder])
def test_a_full_disk_is_an_output_error_and_leaves_no_file(tmp_path, atomic):
    with pytest.raises(OutputError, match="target cannot be written: No space left"), atomic(tmp_path / "target"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("atomic", [atomic_file, atomic_folder])
def test_an_error_of_another_file_is_not_converted(tmp_path, atomic):
    with pytest.raises(FileNotFoundError), atomic(tmp_path / "target"):
        (tmp_path / "elsewhere").read_text()
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_is_a_file_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written: Not a directory"), atomic_folder(tmp_path / "file" / "a"):
        pass


def test_of_two_shared_folders_the_first_stays(tmp_path):
    with atomic_folder(tmp_path / "a", shared=True) as late:
        (late / "who").write_text("late")
        with atomic_folder(tmp_path / "a") as early:
            (early / "who").write_text("early")
    assert (tmp_path / "a" / "who").read_text() == "early"
    assert len(list(tmp_path.iterdir())) == 1


def test_coming_second_is_an_error_unless_the_folder_is_shared(tmp_path):
    with pytest.raises(OutputError, match="another process created it in the meantime"), atomic_folder(tmp_path / "a"):
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "file").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_is_created_and_tested_by_writing(tmp_path):
    require_writable(tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written to"):
        require_writable(tmp_path / "file" / "folder")


def test_a_folder_is_removed_under_another_name(tmp_path, monkeypatch):
    """A process that is killed meanwhile leaves a part that the cache lists as a leftover."""
    seen = []
    monkeypatch.setattr("submission_builder.base.atomic.shutil.rmtree", seen.append)
    for name in ("replica", ".replica.77-00ff.part"):
        (tmp_path / name).mkdir()
        remove_folder(tmp_path / name)
        assert not (tmp_path / name).exists()
        assert seen[-1].is_dir()
        assert re.fullmatch(rf"\.replica.*\.{os.getpid()}-[0-9a-f]+\.part", seen[-1].name)


def test_a_removed_folder_leaves_nothing(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    remove_folder(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
