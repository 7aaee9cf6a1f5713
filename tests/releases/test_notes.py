"""Facts about a release that a reader of its scores has to know.

tests/releases/test_official_chain.py holds the facts against the official pipeline.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.trials import trial_table
from submission_builder.releases.event_notes import event_facts, event_notes
from submission_builder.releases.events import Events, read_events
from submission_builder.releases.folder import open_release
from submission_builder.releases.notes import Note, dropout_notes, participant_notes
from submission_builder.releases.recording import Recording
from submission_builder.releases.survey import Survey
from submission_builder.releases.table import cut_windows

CCD = "contrastChangeDetection"
C1, C2 = PROFILES["final"].challenges[1], PROFILES["final"].challenges[2]
FIRST = f"sub-SIM11N0001_task-{CCD}_run-1"


def events_of(release, number=0):
    return sorted(release.glob("sub-*/eeg/*_events.tsv"))[number]


def kinds(notes):
    return [note.kind for note in notes]


def test_a_healthy_release_has_no_notes(release, cut):
    assert open_release(release).notes(CCD) == []
    assert cut(1).notes == cut(2).notes == ()


def test_a_note_shows_three_names_and_holds_all():
    note = Note("kind", "five subjects", ("A", "B", "C", "D", "E"), official_chain_fails=True)
    assert str(note) == "five subjects: A, B, C and 2 more"
    assert note.to_dict() == {
        "kind": "kind",
        "text": "five subjects",
        "names": ["A", "B", "C", "D", "E"],
        "official_chain_fails": True,
    }


@pytest.mark.parametrize(
    ("onset", "n"), [("NaN", 1), ("nan", 1), ("", 1), ("NULL", 1), ("n/a", 0), ("1.5", 0), ("-1.5", 0)]
)
def test_an_absent_onset_that_is_not_na_is_counted(release, onset, n):
    """BIDS writes n/a; mne-bids 0.17.0 drops n/a and fails on the others."""
    path = events_of(release)
    n_events = len(read_events(path).onset)
    path.write_text(path.read_text() + f"{onset}\tn/a\tbreak cnt\tn/a\tn/a\n")
    events = read_events(path)
    assert (len(events.onset), events.n_unreadable_onsets) == (n_events + 1, n)


@pytest.mark.parametrize("value", ["contrastTrial_start", "left_target", "right_buttonPress"])
def test_an_absent_onset_is_noted_and_changes_no_window(release, cut, value):
    before = cut(1).table
    path = events_of(release)
    path.write_text(path.read_text() + f"NaN\tn/a\t{value}\tn/a\tn/a\n")
    after = cut(1)
    assert kinds(after.notes) == ["onset_not_a_number"]
    assert after.notes[0].names == (FIRST,)
    np.testing.assert_array_equal(before.start, after.table.start)


@pytest.mark.parametrize(
    ("column", "found"), [("duration", ["no_duration"]), ("feedback", ["no_feedback"]), ("event_code", [])]
)
def test_a_column_that_the_official_chain_needs_is_noted_when_it_is_missing(release, cut, column, found):
    path = events_of(release)
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    at = rows[0].index(column)
    path.write_text("".join("\t".join(row[:at] + row[at + 1 :]) + "\n" for row in rows))
    assert kinds(cut(1).notes) == found


def test_a_recording_without_feedback_and_presses_is_not_noted():
    """The official pipeline looks up the feedback of a press alone."""
    for value, found in (("left_buttonPress", {"no_feedback": 1}), ("left_target", {})):
        names = ["contrastTrial_start", value, "contrastTrial_start"]
        events = Events(np.array([1.0, 2, 3]), np.array(names, object), ("onset", "duration", "value"))
        trials = trial_table(events.onset, events.value)
        assert event_facts(events, trials, 1000, np.empty(0, np.int64)) == found


def test_trials_outside_the_recording_are_counted():
    """Two trials before the first sample and one past the last, in two recordings."""
    facts = {"a": {"trial_outside": 2}, "b": {"trial_outside": 1}, "c": {}}
    (note,) = event_notes(facts)
    assert note.text.startswith("3 trials of 2 recordings begin outside the recording")
    assert (note.names, note.official_chain_fails) == (("a", "b"), False)


def test_a_trial_before_the_recording_is_noted(release, cut):
    path = events_of(release)
    head, rest = path.read_text().split("\n", 1)
    rows = "-3\tn/a\tcontrastTrial_start\t5\tn/a\n-2\tn/a\tleft_target\t8\tn/a\n-1\tn/a\tleft_buttonPress\t12\tn/a\n"
    path.write_text(f"{head}\n{rows}{rest}")
    (note,) = cut(1).notes
    assert (note.kind, note.names) == ("trial_outside", (FIRST,))
    assert note.text.startswith("1 trial of 1 recording ")
    assert cut(2).notes == ()


def test_a_subject_that_is_not_listed_has_no_factor_score(release, cut):
    path = release / "participants.tsv"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "N0002" not in line))
    (note,) = open_release(release).notes(CCD)
    assert (note.kind, note.names, note.official_chain_fails) == ("subject_not_listed", ("SIM11N0002",), True)
    (note,) = cut(2).notes
    assert (note.kind, note.names, note.official_chain_fails) == ("no_factor_score", ("SIM11N0002",), False)
    assert note.text.startswith("challenge 2 does not score 1 of 4 subjects (1 of 4 recordings)")
    assert cut(1).notes == ()


def test_ids_without_prefix_are_found_and_noted(release, cut):
    path = release / "participants.tsv"
    path.write_text(path.read_text().replace("sub-", ""))
    (note,) = open_release(release).notes(CCD)
    assert note.kind == "id_without_prefix"
    assert len(note.names) == 4
    assert (cut(2).table.n_subjects, cut(2).notes) == (4, ())


def test_a_listed_subject_without_recordings_is_not_noted(release):
    """Release.missing names the runs that should be there."""
    shutil.rmtree(release / "sub-SIM11N0003")
    assert open_release(release).notes(CCD) == []
    assert participant_notes({"a"}, {"a", "b"}, {"b"}) == []


def surveyed_as(*subjects, n_samples=1000):
    """Usable recordings of these subjects, all of one length."""
    recordings = [Recording(subject, run, Path(f"{subject}{run}_eeg.bdf")) for run, subject in enumerate(subjects)]
    return Survey(tuple(recordings), (n_samples,) * len(subjects), ())


def test_recordings_and_subjects_that_challenge_1_loses_are_named():
    """Subject a has another recording, subject b has none."""
    found = surveyed_as("a", "a", "b", "c")
    (note,) = dropout_notes(C1, found, [True, False, False, True], None)
    assert (note.kind, note.names, note.official_chain_fails) == ("no_complete_trial", ("a1", "b2"), False)
    assert note.text.startswith("challenge 1 does not score 2 of 4 recordings")
    assert note.text.endswith("; 1 of 3 subjects has no other recording")
    (note,) = dropout_notes(C1, found, [True, False, True, True], None)
    assert "subject" not in note.text
    assert dropout_notes(C1, found, [True] * 4, None) == []


def test_short_recordings_and_subjects_without_a_score_are_told_apart():
    """Subject b has no score; recording c2 of a scored subject is too short."""
    found = surveyed_as("a", "b", "c", "c")
    first, second = dropout_notes(C2, found, [True, False, False, True], {"a", "c"})
    assert (first.kind, first.names) == ("no_factor_score", ("b",))
    assert first.text.startswith("challenge 2 does not score 1 of 3 subjects (1 of 4 recordings): ")
    assert (second.kind, second.names) == ("too_short", ("c2",))
    assert "1 of 4 recordings (fewer than 400 samples)" in second.text
    assert dropout_notes(C2, found, [True] * 4, {"a", "b", "c", "z"}) == []


def test_the_dropouts_of_r5_are_those_of_the_official_chain(hbn, r5):
    """One recording in challenge 1, five subjects in challenge 2, and nothing that stops the chain."""
    release = open_release(hbn / "R5")
    lengths = {(run["subject"], run["run"]): run["n_samples"] for run in r5["runs"]}
    recordings = release.recordings(CCD)
    found = Survey(tuple(recordings), tuple(lengths[item.subject, item.run] for item in recordings), ())
    (first,), (second,) = (cut_windows(release, spec, found).notes for spec in (C1, C2))
    assert release.notes(CCD) == []
    assert (first.kind, len(first.names), second.kind) == ("no_complete_trial", 1, "no_factor_score")
    assert "1 of 745 recordings" in first.text
    assert "5 of 260 subjects (14 of 745 recordings)" in second.text
    assert second.names == ("NDARBF851NH6", "NDAREL410HHK", "NDARUV578DU2", "NDARUY529FNK", "NDARVN920VHJ")
