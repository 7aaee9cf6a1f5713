"""Release folders and everything that can be wrong with them."""

import shutil

import edfio
import mne
import numpy as np
import pytest

from submission_builder.base.errors import ReleaseError
from submission_builder.protocol.challenges import PROFILES
from submission_builder.releases.bdf import read_header
from submission_builder.releases.folder import open_release
from submission_builder.releases.store import open_store
from submission_builder.releases.table import cut_windows, raise_for, survey

CCD = "contrastChangeDetection"
C1, C2 = PROFILES["final"].challenges[1], PROFILES["final"].challenges[2]


@pytest.fixture
def release(small_release, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(small_release, tmp_path / "release")


def bdf_of(release, number=0):
    return sorted(release.glob("sub-*/eeg/*_eeg.bdf"))[number]


def drop_channel(path):
    recording = edfio.read_bdf(path)
    recording.drop_signals(["E128"])
    recording.write(path)


def test_a_header_agrees_with_mne(release):
    header = read_header(bdf_of(release))
    raw = mne.io.read_raw_bdf(bdf_of(release), verbose="error")
    assert (list(header.labels), header.n_samples, header.sfreq) == (raw.ch_names, raw.n_times, raw.info["sfreq"])
    assert header.n_bytes == bdf_of(release).stat().st_size


def test_recordings_come_sorted_by_participant_and_run(release):
    names = [recording.name for recording in open_release(release).recordings(CCD)]
    assert names == sorted(names)
    assert len(names) == 4


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "is no folder"),
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


def test_a_release_without_recordings_is_refused(release):
    with pytest.raises(ReleaseError, match="has no recording of task RestingState"):
        open_release(release).recordings("RestingState")


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def unfinished(path):
    content = path.read_bytes()
    path.write_bytes(content[:236] + b"-1      " + content[244:])


def dangle(path):
    path.unlink()
    path.symlink_to("not-downloaded-yet")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncate, "the BDF is truncated: .* bytes of the .* that its header promises"),
        (drop_channel, "128 channels, the challenge has 129"),
        (lambda path: path.write_bytes(path.read_bytes()[:100]), "does not begin with a BDF header"),
        (lambda path: path.write_bytes(path.read_bytes()[:1000]), "ends inside its BDF header"),
        (lambda path: path.write_text("no header" * 100), "does not begin with a BDF header"),
        (unfinished, "the BDF header gives '-1' as its number of records"),
        (lambda path: path.unlink(), "its events are there, the BDF is not"),
        (dangle, "its events are there, the BDF is not"),
    ],
)
def test_a_recording_that_does_not_fit_is_named(release, damage, message):
    damaged = bdf_of(release, 1)
    damage(damaged)
    recordings = survey(open_release(release).recordings(CCD))
    assert len(recordings.items) == 3
    with pytest.raises(ReleaseError, match=message) as caught:
        recordings.raise_if_left_out()
    assert damaged.name.removesuffix("_eeg.bdf") in str(caught.value)


def test_every_recording_that_does_not_fit_is_named_at_once(release):
    truncate(bdf_of(release, 2))
    drop_channel(bdf_of(release, 0))
    with pytest.raises(ReleaseError, match=r"(?s)^2 recording\(s\).*128 channels.*truncated"):
        survey(open_release(release).recordings(CCD)).raise_if_left_out()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "has no .*_events.tsv beside its BDF"),
        ("onset\tvalue\nsoon\tleft_target\n", "cannot be read as events"),
        ("time\tvalue\n1\tleft_target\n", "cannot be read as events"),
        (
            "onset\tvalue\n0\tcontrastTrial_start\n34\tleft_target\n35\tleft_buttonPress\n40\tcontrastTrial_start\n",
            "the window of the last trial spans samples 3450 to 3650",
        ),
    ],
)
def test_events_that_do_not_fit_leave_the_recording_out(release, content, message):
    opened = open_release(release)
    recordings = survey(opened.recordings(CCD))
    damaged = recordings.items[3]
    assert recordings.n_samples[3] == 3600
    damaged.events_file.unlink()
    if content:
        damaged.events_file.write_text(content)
    table, left_out = cut_windows(opened, C1, recordings)
    assert [item.recording for item in left_out] == [damaged.name]
    assert set(table.recording) == {0, 1, 2}
    with pytest.raises(ReleaseError, match=message):
        raise_for(left_out)


def test_every_subject_gets_its_own_score(release):
    """Not the first row's, whatever the order of the rows."""
    rows = (release / "participants.tsv").read_text().splitlines()
    (release / "participants.tsv").write_text("\n".join([rows[0], *reversed(rows[1:])]) + "\n")
    opened = open_release(release)
    table, _ = cut_windows(opened, C2, survey(opened.recordings(CCD)))
    column = rows[0].split("\t").index("externalizing")
    expected = {row.split("\t")[0].removeprefix("sub-"): np.float32(row.split("\t")[column]) for row in rows[1:]}
    assert {str(s): t for s, t in zip(table.subject, table.target, strict=True)} == expected
    assert len(set(expected.values())) == 4


def test_a_subject_without_a_score_has_no_windows_in_challenge_2(release):
    lines = (release / "participants.tsv").read_text().splitlines()
    fields = lines[1].split("\t")
    fields[lines[0].split("\t").index("externalizing")] = "n/a"
    (release / "participants.tsv").write_text("\n".join([lines[0], "\t".join(fields), *lines[2:]]) + "\n")
    opened = open_release(release)
    table, left_out = cut_windows(opened, C2, survey(opened.recordings(CCD)))
    assert (table.n_subjects, left_out) == (3, ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("externalizing", "something"), "has no column externalizing"),
        (lambda text: text + text.splitlines()[1] + "\n", "lists .* twice"),
        (lambda text: text.replace(text.splitlines()[1].split("\t")[10], "high"), "is not numeric"),
        (lambda text: text.replace(text.splitlines()[1].split("\t")[10], "inf"), "is not finite for SIM11N0001"),
    ],
)
def test_scores_that_cannot_be_looked_up_are_refused(release, change, message):
    path = release / "participants.tsv"
    assert path.read_text().splitlines()[0].split("\t")[10] == "externalizing"
    path.write_text(change(path.read_text()))
    with pytest.raises(ReleaseError, match=message):
        open_release(release).factor("externalizing")


def test_the_digest_of_the_labels_follows_their_content(release):
    before = open_release(release).labels_digest
    path = next(release.glob("sub-*/eeg/*_events.tsv"))
    path.write_text(path.read_text().replace("left_target", "right_target", 1))
    assert open_release(release).labels_digest != before


def test_a_store_is_made_once_and_anew_when_a_recording_changes(release, tmp_path):
    recordings = survey(open_release(release).recordings(CCD))
    told = []
    first = open_store(recordings, tmp_path, lambda *args: told.append(args))
    assert told[-1] == ("read recordings", 4, 4)
    assert open_store(recordings, tmp_path, lambda *args: pytest.fail("decoded again")).digest == first.digest
    content = bytearray(bdf_of(release).read_bytes())
    content[-1] ^= 1
    bdf_of(release).write_bytes(content)
    assert open_store(survey(open_release(release).recordings(CCD)), tmp_path).digest != first.digest


def test_a_run_that_is_called_available_and_is_not_there_is_told(release):
    """As after half a download: the whole folder of a subject is missing."""
    assert open_release(release).missing(CCD) == []
    shutil.rmtree(release / "sub-SIM11N0002")
    assert open_release(release).missing(CCD) == ["sub-SIM11N0002 contrastChangeDetection_1"]


def test_a_recording_that_mne_cannot_decode_is_named(release, tmp_path):
    content = bytearray(bdf_of(release).read_bytes())
    content[len(content) // 2 :] = np.random.default_rng(0).bytes(len(content) - len(content) // 2)
    bdf_of(release).write_bytes(content)
    with pytest.raises(ReleaseError, match=r"sub-SIM11N0001.*: MNE cannot read the BDF"):
        open_store(survey(open_release(release).recordings(CCD)), tmp_path / "cache")
    assert list((tmp_path / "cache" / "stores").iterdir()) == []


@pytest.mark.parametrize("name", ["signals.f32", "index.json"])
def test_a_damaged_store_is_made_again(release, tmp_path, name):
    recordings = survey(open_release(release).recordings(CCD))
    window = open_store(recordings, tmp_path).window(1, 7).copy()
    (damaged,) = (tmp_path / "stores").glob(f"*/{name}")
    damaged.write_bytes(damaged.read_bytes()[:50])
    np.testing.assert_array_equal(open_store(recordings, tmp_path).window(1, 7), window)


def test_an_interrupted_store_leaves_nothing(release, tmp_path):
    def interrupt(what, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_store(survey(open_release(release).recordings(CCD)), tmp_path / "cache", interrupt)
    assert list((tmp_path / "cache" / "stores").iterdir()) == []


def test_a_window_is_a_view_that_cannot_be_written_to(release, tmp_path):
    store = open_store(survey(open_release(release).recordings(CCD)), tmp_path)
    window = store.window(2, 30)
    assert (window.shape, window.dtype, window.flags.owndata, window.flags.writeable) == (
        (129, 200),
        np.float32,
        False,
        False,
    )
