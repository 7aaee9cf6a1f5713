"""Recordings that the challenge cannot use."""

import edfio
import mne
import pytest

from submission_builder.base.errors import ReleaseError
from submission_builder.releases.bdf import read_header
from submission_builder.releases.survey import raise_if_left_out


def drop_channel(path):
    recording = edfio.read_bdf(path)
    recording.drop_signals(["E128"])
    recording.write(path)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def unfinished(path):
    content = path.read_bytes()
    path.write_bytes(content[:236] + b"-1      " + content[244:])


def other_format(suffix):
    return lambda path: path.rename(path.with_suffix(suffix))


def test_a_header_equals_what_mne_reads(bdf_of):
    header = read_header(bdf_of())
    raw = mne.io.read_raw_bdf(bdf_of(), verbose="error")
    assert (list(header.labels), header.n_samples, header.sfreq) == (raw.ch_names, raw.n_times, raw.info["sfreq"])
    assert header.n_bytes == bdf_of().stat().st_size


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncate, "the BDF is truncated: it has .* bytes of the .* that its header states"),
        (drop_channel, "the BDF has 128 channels, the challenge has 129"),
        (lambda path: path.write_bytes(path.read_bytes()[:100]), "does not begin with a BDF header"),
        (lambda path: path.write_bytes(path.read_bytes()[:1000]), "ends inside its BDF header"),
        (lambda path: path.write_text("no header" * 100), "does not begin with a BDF header"),
        (unfinished, "the BDF header gives '-1' as its number of records"),
        (lambda path: path.unlink(), "the events are present, but the BDF is missing"),
        (other_format(".BDF"), r"the signals are in .*_run-1_eeg.BDF, .* opens only .*_run-1_eeg.bdf"),
        (other_format(".Bdf"), r"the signals are in .*_run-1_eeg.Bdf, .* opens only .*_run-1_eeg.bdf"),
        (other_format(".set"), r"the signals are in .*_eeg.set; the challenge's releases have .*_eeg.bdf"),
    ],
)
def test_an_unusable_recording_is_named(bdf_of, surveyed, damage, message):
    damaged = bdf_of(1)
    damage(damaged)
    found = surveyed()
    assert len(found.recordings) == 3
    with pytest.raises(ReleaseError, match=message) as caught:
        raise_if_left_out(found.left_out)
    assert damaged.name.removesuffix("_eeg.bdf") in str(caught.value)


def test_every_unusable_recording_is_named_at_once(bdf_of, surveyed):
    truncate(bdf_of(2))
    drop_channel(bdf_of(0))
    with pytest.raises(ReleaseError, match=r"(?s)^2 recording\(s\).*128 channels.*truncated"):
        raise_if_left_out(surveyed().left_out)


def test_an_upper_case_suffix_without_events_is_named(bdf_of, surveyed):
    """The recording is found by its BDF alone."""
    path = bdf_of(1)
    path.with_name(path.name.replace("_eeg.bdf", "_events.tsv")).unlink()
    other_format(".BDF")(path)
    (left_out,) = surveyed().left_out
    assert f"{path.stem}.BDF" in left_out.reason
    assert "rename" in left_out.hint


def test_a_copy_under_another_suffix_disturbs_no_recording(bdf_of, surveyed):
    bdf_of(1).with_suffix(".set").write_text("")
    bdf_of(1).with_suffix(".BDF").write_text("")
    assert len(surveyed().recordings) == 4
