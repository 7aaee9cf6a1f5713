"""Window tables, and the recordings that have no place in them."""

import numpy as np
import pytest

from submission_builder.base.errors import ReleaseError
from submission_builder.releases.survey import raise_if_left_out

TRIAL = "onset\tvalue\n0\tcontrastTrial_start\n{}\tleft_target\n35\tleft_buttonPress\n{}\tcontrastTrial_start\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "_events.tsv is missing beside the BDF"),
        ("onset\tvalue\nsoon\tleft_target\n", "cannot be read as events"),
        ("time\tvalue\n1\tleft_target\n", "cannot be read as events"),
        ("onset\tvalue\n1\tleft_target\ninf\tcontrastTrial_start\n", "has an infinite onset"),
        ("onset\tvalue\n-inf\tcontrastTrial_start\n1\tleft_target\n", "has an infinite onset"),
        (TRIAL.format(34, 40), "the window of the stimulus at 34 s spans samples 3450 to 3650, .* has 3600"),
        (TRIAL.format(33.51, 40), "spans samples 3401 to 3601"),
    ],
)
def test_unusable_events_leave_the_recording_out(surveyed, cut, content, message):
    found = surveyed()
    damaged = found.recordings[3]
    assert found.n_samples[3] == 3600
    damaged.events_file.unlink()
    if content:
        damaged.events_file.write_text(content)
    made = cut(1)
    assert [item.recording for item in made.left_out] == [damaged.name]
    assert set(made.table.recording) == {0, 1, 2}
    with pytest.raises(ReleaseError, match=message):
        raise_if_left_out(made.left_out)


def test_a_last_window_that_ends_with_the_recording_is_cut(surveyed, cut):
    surveyed().recordings[3].events_file.write_text(TRIAL.format(33.5, 40))
    made = cut(1)
    assert made.left_out == ()
    assert made.table.start[-1] == 3400


def test_every_subject_has_its_own_factor_score(release, cut):
    """The order of the rows in participants.tsv does not matter."""
    rows = (release / "participants.tsv").read_text().splitlines()
    (release / "participants.tsv").write_text("\n".join([rows[0], *reversed(rows[1:])]) + "\n")
    table = cut(2).table
    column = rows[0].split("\t").index("externalizing")
    expected = {row.split("\t")[0].removeprefix("sub-"): np.float32(row.split("\t")[column]) for row in rows[1:]}
    assert {str(s): t for s, t in zip(table.subject, table.target, strict=True)} == expected
    assert len(set(expected.values())) == 4


def test_a_subject_without_a_score_has_no_windows_in_challenge_2(release, cut):
    lines = (release / "participants.tsv").read_text().splitlines()
    fields = lines[1].split("\t")
    fields[lines[0].split("\t").index("externalizing")] = "n/a"
    (release / "participants.tsv").write_text("\n".join([lines[0], "\t".join(fields), *lines[2:]]) + "\n")
    made = cut(2)
    assert (made.table.n_subjects, made.left_out) == (3, ())
