"""Release folders and their participants."""

import shutil

import pytest

from submission_builder.base.errors import ReleaseError
from submission_builder.releases.folder import open_release

CCD = "contrastChangeDetection"


def test_recordings_are_sorted_by_participant_and_run(release):
    names = [recording.name for recording in open_release(release).recordings(CCD)]
    assert names == sorted(names)
    assert len(names) == 4


def test_a_release_can_be_opened_by_the_text_of_its_path(release):
    assert open_release(str(release)).folder == release


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "does not exist"),
        (lambda folder: (folder / "participants.tsv").unlink(), "has no participants.tsv"),
        (lambda folder: (folder / "participants.tsv").write_text("a\tb\n1\t2\n"), "has no column participant_id"),
        (lambda folder: (folder / "participants.tsv").write_text(""), "cannot be read as a table"),
        (
            lambda folder: (folder / "participants.tsv").write_bytes(b"participant_id\n\xe9"),
            "cannot be read as a table",
        ),
        (lambda folder: (folder / "dataset_description.json").write_text("{"), "is not JSON"),
    ],
)
def test_a_folder_that_is_no_release_is_refused(release, damage, message):
    damage(release)
    with pytest.raises(ReleaseError, match=message):
        open_release(release)


def test_a_release_without_recordings_of_the_task_is_refused(release):
    """The error names the tasks that the folder has."""
    with pytest.raises(ReleaseError, match=f"no recording of task RestingState .* its tasks are {CCD}"):
        open_release(release).recordings("RestingState")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("externalizing", "something"), "has no column externalizing"),
        (lambda text: text + text.splitlines()[1] + "\n", "lists .* twice"),
        (lambda text: text.replace(text.splitlines()[1].split("\t")[10], "high"), "is not numeric"),
        (lambda text: text.replace(text.splitlines()[1].split("\t")[10], "inf"), "is not finite for SIM11N0001"),
    ],
)
def test_unusable_factor_scores_are_refused(release, change, message):
    path = release / "participants.tsv"
    assert path.read_text().splitlines()[0].split("\t")[10] == "externalizing"
    path.write_text(change(path.read_text()))
    with pytest.raises(ReleaseError, match=message):
        open_release(release).factor("externalizing")


def test_the_digest_of_the_labels_depends_on_their_content(release):
    before = open_release(release).labels_digest
    path = next(release.glob("sub-*/eeg/*_events.tsv"))
    path.write_text(path.read_text().replace("left_target", "right_target", 1))
    assert open_release(release).labels_digest != before


def test_a_dangling_events_file_has_a_digest_of_its_own(release):
    """Training leaves such a recording out and still describes the release."""
    before = open_release(release).labels_digest
    path = next(release.glob("sub-*/eeg/*_events.tsv"))
    path.unlink()
    path.symlink_to("not-downloaded-yet")
    assert open_release(release).labels_digest != before


def test_available_runs_without_files_are_missing(release):
    """As after an interrupted download, the whole folder of a subject is absent."""
    assert open_release(release).missing(CCD) == []
    shutil.rmtree(release / "sub-SIM11N0002")
    assert open_release(release).missing(CCD) == ["sub-SIM11N0002 contrastChangeDetection_1"]
