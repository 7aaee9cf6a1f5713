import numpy as np
import pytest

from submission_builder.protocol.sample import sample_recordings, sample_windows
from submission_builder.protocol.windows import WindowTable


@pytest.fixture
def table():
    """Ten recordings of 10, 11, … 19 windows."""
    recording = np.repeat(np.arange(10), np.arange(10, 20))
    n = len(recording)
    target = np.arange(n, dtype=np.float32)
    return WindowTable(1, recording, np.arange(n), target, np.char.add("s", recording.astype(str)))


def test_recordings_stay_whole_and_in_order(table):
    sample = sample_recordings(table, 60)
    assert 40 < len(sample) <= 60
    assert len(sample) == sum(int((table.recording == recording).sum()) for recording in np.unique(sample.recording))
    assert (np.diff(sample.target) > 0).all()


def test_the_seed_alone_decides(table):
    assert (sample_recordings(table, 60, 1).target == sample_recordings(table, 60, 1).target).all()
    assert set(sample_recordings(table, 60, 1).recording) != set(sample_recordings(table, 60, 2).recording)


def test_one_recording_is_always_selected(table):
    assert len(np.unique(sample_recordings(table, 1).recording)) == 1


def test_a_table_within_the_limit_is_unchanged(table):
    assert len(sample_recordings(table, 145)) == 145


def test_no_windows_stay_none(table):
    none = table.select(np.zeros(145, bool))
    assert len(sample_recordings(none, 10)) == 0


def test_single_windows_come_from_nearly_all_subjects_and_stay_in_order():
    """200 of 15,000 windows: three whole recordings, but windows of more than half of 260 subjects."""
    recording = np.repeat(np.arange(744), 20)
    n = len(recording)
    subject = np.char.add("s", (recording % 260).astype(str))
    table = WindowTable(1, recording, np.arange(n), np.arange(n, dtype=np.float32), subject)
    sample = sample_windows(table, 200)
    assert len(sample) == 200
    assert (np.diff(sample.target) > 0).all()
    assert sample.n_subjects > 130
    assert sample_recordings(table, 200).n_subjects <= 10


def test_the_sample_of_windows_depends_on_the_seed_alone(table):
    assert (sample_windows(table, 60, 1).target == sample_windows(table, 60, 1).target).all()
    assert not np.array_equal(sample_windows(table, 60, 1).target, sample_windows(table, 60, 2).target)
    assert sample_windows(table, 145) is table
