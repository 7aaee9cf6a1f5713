"""Memory does not grow with the release."""

import shutil
import subprocess
import sys
import time

import pytest

from submission_builder.freeze.builder import write_submission
from submission_builder.freeze.recipe import resolve
from submission_builder.releases.simulated.release import simulate_release
from submission_builder.sandbox.usage import tree, usage

COPIES = 100


def multiplied(release, folder):
    """Write a release with COPIES subjects for each subject of another release; their files are links."""
    folder.mkdir()
    shutil.copy(release / "dataset_description.json", folder)
    head, *rows = (release / "participants.tsv").read_text().splitlines()
    named = [(f"{row.split(chr(9))[0]}C{i:03}", row) for row in rows for i in range(COPIES)]
    lines = [head, *(name + row[row.index("\t") :] for name, row in named)]
    (folder / "participants.tsv").write_text("\n".join(lines) + "\n")
    for name, row in named:
        subject = row.split("\t")[0]
        (folder / name / "eeg").mkdir(parents=True)
        for path in (release / subject / "eeg").iterdir():
            (folder / name / "eeg" / path.name.replace(subject, name)).symlink_to(path)
    return folder


def peak(*command):
    """Peak memory of a command and its descendants, RssAnon + RssShmem, in bytes."""
    most = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        while running.poll() is None:
            most = max(most, usage(tree(running.pid, 1000)).memory)
            time.sleep(0.02)
    assert running.returncode == 0
    return most


@pytest.mark.slow
def test_a_hundred_times_the_recordings_need_no_more_memory(tmp_path, monkeypatch):
    """6 and 600 SIMULATED recordings, decoding included: at most a tenth more, and below 1.5 GB."""
    monkeypatch.setenv("SUBPACK_CACHE", str(tmp_path / "cache"))
    path = write_submission(resolve({1: "cnn", 2: "cnn"}), tmp_path / "submission.zip").path
    few = tmp_path / "SIMULATED-few"
    simulate_release(few, subjects=3, runs=2, seed=4, trials=24)
    many = multiplied(few, tmp_path / "SIMULATED-many")
    assert len(list(many.glob("sub-*/eeg/*.bdf"))) == COPIES * len(list(few.glob("sub-*/eeg/*.bdf"))) == 600
    peaks = {}
    for release in (few, many):
        peaks[release] = peak(sys.executable, "-m", "submission_builder", "evaluate", path, "--data", release)
    shutil.rmtree(tmp_path / "cache")  # 4 GB
    assert peaks[many] <= 1.1 * peaks[few]
    assert peaks[many] < 1.5e9
