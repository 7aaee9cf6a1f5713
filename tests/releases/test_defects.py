"""Defects of a release folder: every planted one is one row with its remedy, and a healthy release has none."""

import re
import shutil
from pathlib import Path

import edfio
import pytest

from submission_builder.releases.bdf import read_header
from submission_builder.releases.defects import _FROM_SERVER, _PARTICIPANT_FACTS, find_defects
from submission_builder.releases.event_notes import _TEXTS

CCD = "contrastChangeDetection"
NAME = f"sub-SIM11N0002_task-{CCD}_run-1"
EEG = "sub-SIM11N0002/eeg"
FROM_SERVER = f"--tasks {CCD} --subjects SIM11N0002"
KEY = "MD5E-s6123456--0123456789abcdef0123456789abcdef.bdf"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 6123456\n".format("0" * 64)


def paths(release):
    folder = release / EEG
    return folder / f"{NAME}_eeg.bdf", folder / f"{NAME}_events.tsv"


def truncate(release):
    bdf, _ = paths(release)
    bdf.write_bytes(bdf.read_bytes()[:-1000])


def empty(release):
    paths(release)[0].write_bytes(b"")


def link(release):
    bdf, _ = paths(release)
    bdf.unlink()
    bdf.symlink_to(f"../../.git/annex/objects/xx/yy/{KEY}/{KEY}")


def lfs_pointer(release):
    paths(release)[0].write_text(LFS)


def annexed_events(release):
    paths(release)[1].write_text(f"/annex/objects/{KEY}\n")


def upper_case(release):
    bdf, _ = paths(release)
    bdf.rename(bdf.with_suffix(".BDF"))


def drop_channel(release):
    bdf, _ = paths(release)
    recording = edfio.read_bdf(bdf)
    recording.drop_signals(["Cz"])
    recording.write(bdf)


def other_rate(release):
    bdf, _ = paths(release)
    content = bdf.read_bytes()
    duration = f"{2 * float(content[244:252]):g}".encode().ljust(8)
    bdf.write_bytes(content[:244] + duration + content[252:])


def rewrite_events(release, change):
    _, events = paths(release)
    head, *rows = events.read_text().splitlines()
    events.write_text("\n".join([head, *change(rows)]) + "\n")


def reverse_events(release):
    rewrite_events(release, lambda rows: rows[::-1])


def late_trial(release):
    """A stimulus 0.5 s before the end of the recording, with an answer."""
    end = read_header(paths(release)[0]).n_samples / 100
    late = {-2: "contrastTrial_start", -0.5: "left_target", -0.3: "left_buttonPress", -0.1: "contrastTrial_start"}
    rewrite_events(
        release, lambda rows: [*rows, *(f"{end + s:.3f}\tn/a\t{value}\tn/a\tn/a" for s, value in late.items())]
    )


def unreadable_onset(release):
    rewrite_events(release, lambda rows: [*rows, "NaN\tn/a\tbreak cnt\tn/a\tn/a"])


def edit_participants(release, change):
    path = release / "participants.tsv"
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


def unlist(release):
    edit_participants(release, lambda lines: [line for line in lines if "SIM11N0002" not in line])


def without_prefix(release):
    edit_participants(release, lambda lines: [line.replace("sub-SIM11N0002", "SIM11N0002") for line in lines])


def list_twice(release):
    edit_participants(release, lambda lines: [*lines, next(line for line in lines if "SIM11N0002" in line)])


def begin_download(release):
    bdf, _ = paths(release)
    bdf.rename(bdf.with_name(f"{bdf.name}.0123abcd.part"))


def apple_double(release):
    bdf, _ = paths(release)
    bdf.with_name(f"._{bdf.name}").write_bytes(b"\0\5\x16\7")


def remove_recording(release):
    shutil.rmtree(release / "sub-SIM11N0002")


@pytest.mark.parametrize(
    ("damage", "kind", "severity", "place", "remedy"),
    [
        (truncate, "truncated", "error", NAME, FROM_SERVER),
        (empty, "no_header", "error", NAME, FROM_SERVER),
        (link, "not_downloaded", "error", NAME, "datalad get"),
        (lfs_pointer, "not_downloaded", "error", NAME, "git lfs pull"),
        (annexed_events, "events", "error", NAME, "datalad get"),
        (lambda release: paths(release)[1].unlink(), "events", "error", NAME, FROM_SERVER),
        (lambda release: paths(release)[0].unlink(), "missing", "error", NAME, FROM_SERVER),
        (upper_case, "other_suffix", "error", NAME, "rename"),
        (drop_channel, "wrong_channels", "error", NAME, FROM_SERVER),
        (other_rate, "wrong_rate", "error", NAME, FROM_SERVER),
        (late_trial, "window_outside", "error", NAME, FROM_SERVER),
        (unreadable_onset, "onset_not_a_number", "error", NAME, FROM_SERVER),
        (reverse_events, "events_out_of_order", "warning", NAME, None),
        (unlist, "subject_not_listed", "error", "sub-SIM11N0002", f"--tasks {CCD}"),
        (without_prefix, "id_without_prefix", "error", "sub-SIM11N0002", "write sub-"),
        (list_twice, "factor_scores", "error", "participants.tsv", f"--tasks {CCD}"),
        (begin_download, "unfinished", "error", f"{EEG}/{NAME}_eeg.bdf.0123abcd.part", "--subjects SIM11N0002"),
        (apple_double, "apple_double", "warning", f"{EEG}/._{NAME}_eeg.bdf", "-delete"),
        (remove_recording, "not_in_folder", "warning", CCD, f"--tasks {CCD}"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)  # fmt: skip
def test_a_defect_is_one_row_with_its_remedy(release, damage, kind, severity, place, remedy):
    damage(release)
    (defect,) = find_defects(release)
    assert (defect.kind, defect.severity, defect.place) == (kind, severity, place)
    assert remedy is defect.remedy is None or remedy in defect.remedy
    if "fetch" in (defect.remedy or ""):
        assert defect.remedy.startswith(f"subpack fetch R5_L100_bdf --to {release.parent} --")


def test_the_documentation_names_every_kind():
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
    kinds = {"no_release", "not_readable", "trial_outside", *_FROM_SERVER, *_PARTICIPANT_FACTS, *_TEXTS}
    kinds |= {"unfinished", "not_downloaded", "other_suffix", "factor_scores", "apple_double", "not_in_folder"}
    assert {f"`{kind}`" for kind in kinds} <= set(re.findall(r"`\w+`", page))


def test_a_healthy_release_has_no_defect(release):
    assert find_defects(release) == ()


def test_every_defect_is_found_at_once_the_errors_first(release):
    for damage in (apple_double, truncate, list_twice):
        damage(release)
    assert [(one.severity, one.kind) for one in find_defects(release)] == [
        ("error", "factor_scores"),
        ("error", "truncated"),
        ("warning", "apple_double"),
    ]


def test_a_folder_of_another_name_is_not_fetched(release):
    """The remedy is certain only for a release of the challenge."""
    other = release.rename(release.with_name("mine"))
    truncate(other)
    (defect,) = find_defects(other)
    assert "subpack fetch" not in defect.remedy


def test_a_release_one_folder_below_is_named(release):
    (defect,) = find_defects(release.parent)
    assert (defect.kind, defect.severity) == ("no_release", "error")
    assert str(release) in defect.remedy


def test_recordings_of_other_tasks_are_examined_too(release):
    """Their events have no trials."""
    bdf, events = paths(release)
    for path in (bdf, events):
        shutil.copy(path, path.with_name(path.name.replace(f"{CCD}_run-1", "RestingState")))
    assert [one.kind for one in find_defects(release)] == []
    resting = bdf.with_name(bdf.name.replace(f"{CCD}_run-1", "RestingState"))
    resting.write_bytes(resting.read_bytes()[:-1])
    (defect,) = find_defects(release)
    assert (defect.kind, defect.place) == ("truncated", "sub-SIM11N0002_task-RestingState")
    assert "--tasks RestingState" in defect.remedy
