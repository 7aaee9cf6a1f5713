"""``fetch``: select, compare with the disk, download."""

import os
import shutil

import pytest
from s3_server import recording

import submission_builder as sb
from submission_builder.downloads.plan import shutil as plan_shutil


@pytest.fixture
def name():
    return "R5_L100_bdf"


@pytest.fixture
def files(s3, name):
    """A release on the server: two subjects, two tasks."""
    contents = {"participants.tsv": b"participant_id\nsub-A\nsub-B\n", "task-RestingState_eeg.json": b"{}"}
    for subject in ("A", "B"):
        contents[f"sub-{subject}/sub-{subject}_scans.tsv"] = b"scans"
        for task in ("contrastChangeDetection", "RestingState"):
            contents[recording(subject, task=task)] = f"{subject} {task}".encode() * 5000
    s3.put(name, contents)
    return contents


@pytest.fixture
def fetch(s3, tmp_path, files):
    return lambda releases="R5", **options: sb.fetch(releases, to=tmp_path, endpoint=s3.url, **options)


def on_disk(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_dry_run_gives_the_sizes_and_writes_nothing(fetch, files, tmp_path):
    fetched = fetch(dry_run=True)
    total = sum(map(len, files.values()))
    (release,) = fetched.releases
    assert (release.files.n_files, release.files.n_bytes, release.files.to_download) == (len(files), total, total)
    assert {task: part.n_files for task, part in release.by_task.items()} == {
        "RestingState": 2,
        "contrastChangeDetection": 2,
    }
    assert list(tmp_path.iterdir()) == []
    assert fetched.to_dict()["releases"][0]["files"]["to_download"] == total


def test_several_releases_are_downloaded_at_once_and_a_second_time_nothing_is(fetch, s3, files, tmp_path):
    s3.put("R6_mini_L100_bdf", {"participants.tsv": b"six"})
    fetched = fetch(["R5", "R6_mini_L100_bdf", "5"])
    assert [folder.name for folder in fetched.folders] == ["R5_L100_bdf", "R6_mini_L100_bdf"]
    assert on_disk(tmp_path / "R5_L100_bdf") == files
    assert on_disk(tmp_path / "R6_mini_L100_bdf") == {"participants.tsv": b"six"}
    assert fetched.received == sum(map(len, files.values())) + 3
    again = fetch(["R5", "R6_mini_L100_bdf"])
    assert (again.received, [release.files.to_download for release in again.releases]) == (0, [0, 0])


def test_tasks_and_subjects_select_recordings_and_keep_files_of_the_release(fetch, files, tmp_path):
    fetch(tasks=["contrastChangeDetection"], subjects=["sub-B"])
    assert set(on_disk(tmp_path / "R5_L100_bdf")) == {
        "participants.tsv",
        "task-RestingState_eeg.json",
        "sub-B/sub-B_scans.tsv",
        recording("B"),
    }


@pytest.mark.parametrize(
    ("options", "near"),
    [({"tasks": ["contrastChangeDetecton"]}, "contrastChangeDetection"), ({"subjects": ["C"]}, None)],
)
def test_an_unknown_task_or_subject_is_an_error_before_anything_is_written(fetch, tmp_path, options, near):
    with pytest.raises(sb.DownloadError) as caught:
        fetch(**options)
    assert caught.value.hint == (f"did you mean {near}?" if near else None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_differs_is_replaced_and_named(fetch, files, tmp_path):
    """A truncated file, and one of the same size with another MD5 that was written a minute later."""
    fetch()
    short, other = (tmp_path / "R5_L100_bdf" / recording(subject) for subject in ("A", "B"))
    short.write_bytes(short.read_bytes()[:100])
    other.write_bytes(b"x" * other.stat().st_size)
    os.utime(other, (other.stat().st_mtime + 60,) * 2)
    fetched = fetch()
    assert set(fetched.releases[0].replaced) == {recording("A"), recording("B")}
    assert on_disk(tmp_path / "R5_L100_bdf") == files


def test_a_file_that_changed_without_a_trace_is_found_by_verify(fetch, files, tmp_path):
    """Size and time are those of the server."""
    fetch()
    path = tmp_path / "R5_L100_bdf" / recording("A")
    times = path.stat().st_mtime
    path.write_bytes(b"x" * path.stat().st_size)
    os.utime(path, (times, times))
    assert fetch().received == 0
    assert fetch(verify=True, dry_run=True).releases[0].replaced == (recording("A"),)
    fetch(verify=True)
    assert on_disk(tmp_path / "R5_L100_bdf") == files


def test_a_copy_without_its_times_is_compared_by_md5_and_not_downloaded(fetch, files, tmp_path):
    fetch()
    folder = tmp_path / "R5_L100_bdf"
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    assert fetch().received == 0
    assert all(path.stat().st_mtime > 1e9 for path in folder.rglob("*") if path.is_file())


def test_a_file_whose_content_on_the_server_changes_is_downloaded_again(fetch, s3, files, tmp_path):
    fetch()
    path = tmp_path / "R5_L100_bdf" / "participants.tsv"
    os.utime(path, (path.stat().st_mtime - 60,) * 2)
    s3.put("R5_L100_bdf", {"participants.tsv": b"participant_id\nsub-A\nsub-C\n"})
    fetch()
    assert path.read_bytes().endswith(b"sub-C\n")


def test_a_broken_link_of_an_annex_is_replaced_by_the_file(fetch, files, tmp_path):
    target = tmp_path / "R5_L100_bdf" / recording("A")
    target.parent.mkdir(parents=True)
    target.symlink_to("../../.git/annex/objects/none")
    fetch()
    assert not target.is_symlink()
    assert on_disk(tmp_path / "R5_L100_bdf") == files


def test_free_space_is_checked_first(fetch, tmp_path, monkeypatch):
    """Also in a folder that does not exist yet; what is on disk already needs none."""
    needed = fetch(dry_run=True).releases[0].files.to_download

    def free(n):
        monkeypatch.setattr(plan_shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(0, 0, n))

    free(needed - 1)
    with pytest.raises(sb.DownloadError, match="MiB free"):
        fetch()
    assert list(tmp_path.iterdir()) == []
    free(needed)
    fetch()
    free(0)
    assert fetch().received == 0


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(fetch, tmp_path):
    (tmp_path / "R5_L100_bdf").write_text("a file")
    with pytest.raises(sb.OutputError, match="R5_L100_bdf"):
        fetch()


def test_a_notebook_can_call_it(fetch, files, tmp_path):
    """A notebook has a running event loop in its thread."""
    import asyncio  # noqa: PLC0415 - as a notebook does

    async def cell():
        return fetch()

    assert asyncio.run(cell()).received > 0
    assert on_disk(tmp_path / "R5_L100_bdf") == files
