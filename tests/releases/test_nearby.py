"""Hints at the release that a user probably meant."""

import shutil

import pytest

from submission_builder.base.errors import ReleaseError
from submission_builder.releases.folder import open_release


@pytest.fixture
def two(release):
    """Two releases in one folder."""
    shutil.copytree(release, release.with_name("R6_L100_bdf"))
    return release.parent


def hint_for(path):
    with pytest.raises(ReleaseError) as caught:
        open_release(path)
    return caught.value.hint


def test_a_release_one_folder_below_is_named(release):
    assert hint_for(release.parent) == f"did you mean {release}?"


def test_all_releases_one_folder_below_are_named(two):
    assert hint_for(two) == f"did you mean {two / 'R5_L100_bdf'} or {two / 'R6_L100_bdf'}?"


@pytest.mark.parametrize("inside", ["sub-SIM11N0001", "sub-SIM11N0001/eeg", "participants.tsv"])
def test_the_release_above_a_folder_or_file_is_named(release, inside):
    assert hint_for(release / inside) == f"did you mean {release}?"


@pytest.mark.parametrize("name", ["R5_L100_bfd", "r5_l100_bdf", "R5_mini_L100_bdf"])
def test_releases_with_similar_names_are_named(two, name):
    """Nearest first; letter case does not count."""
    hint = hint_for(two / name)
    assert hint.startswith(f"did you mean {two / 'R5_L100_bdf'}")
    assert str(two / "R6_L100_bdf") in hint


def test_no_release_near_by_gives_no_hint(tmp_path):
    (tmp_path / "recordings").mkdir()
    assert hint_for(tmp_path / "recordings") is None
    assert hint_for(tmp_path / "R5_L100_bdf") is None


def test_a_folder_with_a_similar_name_that_is_no_release_is_not_named(tmp_path):
    (tmp_path / "R5_L100_bdf").mkdir()
    assert hint_for(tmp_path / "R5_L100_bd") is None


def test_a_release_that_is_named_rightly_opens(two):
    assert open_release(two / "R6_L100_bdf").name == "R6_L100_bdf"


def test_a_dangling_link_to_a_release_is_named_as_one(release):
    link = release.with_name("R7_L100_bdf")
    link.symlink_to("not-there")
    with pytest.raises(ReleaseError, match=r"R7_L100_bdf is a link whose target is missing \(not-there\)"):
        open_release(link)
