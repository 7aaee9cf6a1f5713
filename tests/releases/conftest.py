"""Copies of a small SIMULATED release that a test may damage."""

import shutil

import pytest

from submission_builder.protocol.challenges import PROFILES
from submission_builder.releases.folder import open_release
from submission_builder.releases.survey import survey
from submission_builder.releases.table import cut_windows

CCD = "contrastChangeDetection"


@pytest.fixture
def release(small_release, tmp_path):
    """A copy of the release of four subjects, SIM11N0001 to SIM11N0004, with one run each."""
    return shutil.copytree(small_release, tmp_path / "R5_L100_bdf")


@pytest.fixture
def bdf_of(release):
    """The BDF of a recording of the copy, by its number from 0."""
    return lambda number=0: sorted(release.glob("sub-*/eeg/*_eeg.bdf"))[number]


@pytest.fixture
def surveyed(release):
    """Survey the copy as it is when this is called."""
    return lambda: survey(open_release(release).recordings(CCD))


@pytest.fixture
def cut(release, surveyed):
    """Cut the windows of a challenge of the copy as it is when this is called."""
    return lambda challenge: cut_windows(open_release(release), PROFILES["final"].challenges[challenge], surveyed())
