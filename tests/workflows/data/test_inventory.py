"""``list_data``: what the releases in folders hold."""

import json
import shutil

import pytest

import submission_builder as sb


@pytest.fixture
def release(small_release, tmp_path):
    return shutil.copytree(small_release, tmp_path / "R5_L100_bdf")


def test_the_counts_are_those_of_the_windows(release):
    (contents,) = sb.list_data(release).releases
    assert contents.tasks == {"contrastChangeDetection": 4}
    assert (contents.n_subjects, contents.n_labelled, contents.simulated, contents.n_unfinished) == (4, 4, True, 0)
    opened = sb.open_release(release)
    for number in (1, 2):
        assert contents.challenges[number].n_windows == len(opened.windows(challenge=number))
        assert contents.challenges[number].scorable
    assert contents.n_bytes == sum(path.stat().st_size for path in release.rglob("*") if path.is_file())


def test_releases_one_folder_below_are_found_and_each_is_listed_once(release, tmp_path):
    shutil.copytree(release, tmp_path / "R6_L100_bdf")
    (tmp_path / "no release").mkdir()
    listing = sb.list_data([tmp_path, release])
    assert [one.name for one in listing.releases] == ["R5_L100_bdf", "R6_L100_bdf"]
    assert json.loads(json.dumps(listing.to_dict()))["releases"][0]["challenges"]["1"]["scorable"] is True


def test_an_unusable_recording_makes_a_challenge_partial(release):
    bdf = next(release.glob("sub-*/eeg/*_eeg.bdf"))
    bdf.write_bytes(bdf.read_bytes()[:-1])
    (contents,) = sb.list_data(release).releases
    for one in contents.challenges.values():
        assert (one.scorable, one.reason, one.n_unusable, one.n_recordings) == (False, None, 1, 3)


def test_labels_are_subjects_with_recordings_and_a_score(release):
    path = release / "participants.tsv"
    head, first, *rest = path.read_text().splitlines()
    column = head.split("\t").index("externalizing")
    cells = first.split("\t")
    cells[column] = "n/a"
    absent = first.replace(first.split("\t")[0], "sub-ABSENT")
    path.write_text("\n".join([head, "\t".join(cells), *rest, absent]) + "\n")
    (contents,) = sb.list_data(release).releases
    assert (contents.n_subjects, contents.n_labelled, contents.challenges[2].n_subjects) == (4, 3, 3)


def test_a_challenge_that_cannot_be_scored_has_a_reason(release):
    path = release / "participants.tsv"
    path.write_text(path.read_text().replace("externalizing", "other"))
    (contents,) = sb.list_data(release).releases
    assert contents.challenges[1].scorable
    assert "no column externalizing" in contents.challenges[2].reason
    assert contents.n_labelled == 0


def test_a_release_without_recordings_and_one_that_cannot_be_read_are_listed(release, tmp_path):
    for subject in release.glob("sub-*"):
        shutil.rmtree(subject)
    (tmp_path / "R6_L100_bdf").mkdir()
    (tmp_path / "R6_L100_bdf" / "participants.tsv").write_text("other\n1\n")
    (tmp_path / "R6_L100_bdf" / "x.part").touch()
    without, broken = sb.list_data(tmp_path).releases
    assert [one.reason for one in without.challenges.values()] == ["no usable recording of contrastChangeDetection"] * 2
    assert "no column participant_id" in broken.error
    assert (broken.challenges, broken.n_unfinished) == ({}, 1)


def test_a_folder_without_a_release_is_an_error_with_a_hint(tmp_path):
    with pytest.raises(sb.ReleaseError, match="holds no release") as caught:
        sb.list_data(tmp_path)
    assert "subpack fetch" in caught.value.hint
