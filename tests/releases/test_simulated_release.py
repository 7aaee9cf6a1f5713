"""The folder of a simulated release."""

import hashlib
import json

import mne
import numpy as np
import pandas as pd
import pytest

from submission_builder.base.errors import OutputError, ReleaseError
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.trials import trial_table
from submission_builder.protocol.windows import crop_windows, stimulus_windows
from submission_builder.releases.simulated.bids import PHYSICAL_UV
from submission_builder.releases.simulated.plan import draw_people, signal_stream
from submission_builder.releases.simulated.release import simulate_release
from submission_builder.releases.simulated.signals import draw_signal

SMALL = {"subjects": 3, "runs": 2, "trials": 3}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return simulate_release(tmp_path_factory.mktemp("simulated") / "deep" / "R", **SMALL, seed=3)


def _digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _recordings(folder):
    """Each recording's raw object and events, in order."""
    for path in sorted(folder.glob("sub-*/eeg/*_eeg.bdf")):
        events = path.with_name(path.name.replace("_eeg.bdf", "_events.tsv"))
        yield mne.io.read_raw_bdf(path, verbose="ERROR"), pd.read_csv(events, sep="\t")


def test_the_same_seed_gives_the_same_bytes(made, tmp_path):
    """Two runs with the same arguments write the same files, byte for byte."""
    again = simulate_release(tmp_path / "again", **SMALL, seed=3)
    assert _digests(again.path) == _digests(made.path)
    assert again.ideal == made.ideal


def test_two_seeds_share_no_participant_and_no_recording(made, tmp_path):
    """Another seed gives other names and other bytes."""
    other = simulate_release(tmp_path / "other", subjects=3, runs=1, trials=2, seed=4)
    first, second = ({p.name for p in m.path.glob("sub-*")} for m in (made, other))
    assert not first & second
    bdf = {digest for name, digest in _digests(made.path).items() if name.endswith(".bdf")}
    assert not bdf & set(_digests(other.path).values())


def test_the_folder_has_the_layout_of_the_challenge(made):
    """Every run has its four files, and the tables have the columns of the official folders."""
    stem = "sub-SIM3N0001/eeg/sub-SIM3N0001_task-contrastChangeDetection_run-2"
    assert {f"{stem}_{end}" for end in ("eeg.bdf", "eeg.json", "channels.tsv", "events.tsv")} <= set(
        _digests(made.path)
    )
    participants = pd.read_csv(made.path / "participants.tsv", sep="\t")
    assert list(participants) == [
        *("participant_id", "release_number", "sex", "age", "ehq_total", "commercial_use", "full_pheno"),
        *("p_factor", "attention", "internalizing", "externalizing"),
        *(f"contrastChangeDetection_{run}" for run in (1, 2, 3)),
    ]
    assert set(participants["contrastChangeDetection_2"]) == {"available"}
    assert set(participants["contrastChangeDetection_3"]) == {"unavailable"}


def test_readme_and_description_say_simulated(made):
    """README and name begin with SIMULATED, and the description contains settings and reference scores."""
    assert (made.path / "README").read_text().split(".")[0] == "SIMULATED"
    description = json.loads((made.path / "dataset_description.json").read_text())
    assert description["Name"].startswith("SIMULATED")
    assert description["GeneratedBy"] == [{"Name": "subpack simulate"}]
    assert description["Simulated"] == {
        **SMALL,
        "seed": 3,
        "alpha_correlation": 0.6,
        "windows": {"challenge1": made.n_windows[1], "challenge2": made.n_windows[2]},
        "ideal": {"challenge1": made.ideal[1], "challenge2": made.ideal[2]},
        "ridge": {"challenge2": made.ridge[2]},
    }


def test_recordings_read_back_as_they_were_drawn(made):
    """A BDF has 129 channels that equal the drawn ones within half a 24-bit step, and Cz is exactly zero."""
    people = draw_people(**SMALL, seed=3, alpha_correlation=0.6)
    drawn = draw_signal(signal_stream(3, 0, 1), people[0].timelines[0], people[0].nuisance)
    raw, _ = next(_recordings(made.path))
    assert raw.ch_names == [*(f"E{number}" for number in range(1, 129)), "Cz"]
    data = raw.get_data() * 1e6
    assert data.shape == drawn.shape
    assert np.abs(data - drawn).max() <= 0.501 * 2 * PHYSICAL_UV / 2**24
    assert not data[-1].any()
    assert np.abs(drawn).max() < PHYSICAL_UV / 2
    assert raw.info["sfreq"] == 100
    assert not len(raw.annotations)


def test_the_files_have_as_many_windows_as_the_result_says(made):
    """The windows are cut from the files; none reaches past its recording."""
    first, second = (PROFILES["final"].challenges[number] for number in (1, 2))
    found = [
        (
            len(stimulus_windows(trial_table(events["onset"], events["value"]), raw.n_times, first)[0]),
            len(crop_windows(raw.n_times, second)),
        )
        for raw, events in _recordings(made.path)
    ]
    assert np.sum(found, axis=0).tolist() == [made.n_windows[1], made.n_windows[2]]


def test_every_run_drops_its_last_start(made):
    """A run of T trials has T + 1 starts and T trials; no trial begins within 3 s after a stimulus."""
    for raw, events in _recordings(made.path):
        trials = trial_table(events["onset"], events["value"])
        assert len(trials) == SMALL["trials"]
        assert (trials.stop - trials.stimulus >= 3).all()
        assert raw.n_times % 100 == 0
        assert raw.n_times / 100 >= trials.stimulus[-1] + 3
        assert np.allclose(events["onset"] * 500, (events["onset"] * 500).round(), atol=1e-9)
        assert (np.diff(events["onset"]) >= 0).all()


def test_an_existing_folder_is_refused(made, tmp_path):
    """Neither a release, nor an empty folder, nor a dangling link is overwritten."""
    before = _digests(made.path)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for path in (made.path, tmp_path, tmp_path / "link"):
        with pytest.raises(OutputError, match="exists already"):
            simulate_release(path, **SMALL, seed=3)
    assert _digests(made.path) == before


def test_an_interrupted_simulation_leaves_nothing(tmp_path):
    """After an exception in the middle, the unfinished folder is removed."""
    calls = []

    def stop(*call):
        calls.append(call)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_release(tmp_path / "R", subjects=3, runs=1, trials=2, seed=0, progress=stop)
    assert calls == [("simulating recordings", 1, 3)]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("subjects", 2),
        ("runs", 0),
        ("runs", 4),
        ("trials", 1),
        ("seed", -1),
        ("alpha_correlation", 1.01),
        ("alpha_correlation", float("nan")),
    ],
)
def test_a_number_outside_its_range_is_named(tmp_path, argument, value):
    """The error comes before anything is written."""
    with pytest.raises(ReleaseError, match=f"^{argument} of a simulated release is"):
        simulate_release(tmp_path / "R", **{**SMALL, "seed": 0, argument: value})
    assert not list(tmp_path.iterdir())
