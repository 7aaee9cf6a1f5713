"""The defects of a release folder, one a row, each with its remedy.

An *error* prevents subpack or the official pipeline from using a recording or the release. A *warning* is a fact that a
user probably does not know.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from submission_builder.base.errors import ReleaseError
from submission_builder.base.progress import Progress, silent
from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES
from submission_builder.releases.folder import Release, open_release
from submission_builder.releases.notes import counted
from submission_builder.releases.survey import survey
from submission_builder.releases.table import cut_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from submission_builder.releases.recording import Recording

_OFFICIAL = re.compile(r"R\d+(_mini)?_L100_bdf")
_SPECS = PROFILES[DEFAULT_PROFILE].challenges
_EVENTS_TASK = next(spec for spec in _SPECS.values() if spec.locked_to_stimulus)
_NAMED = 3
_SCORED_OTHERWISE = ("no_complete_trial", "too_short", "no_factor_score")  # facts of the people, not of the files

_FROM_SERVER = {
    *("truncated", "no_header", "wrong_channels", "wrong_rate", "missing", "other_format", "window_outside", "events"),
}
"""Kinds whose remedy is the file as it is on the server."""

_PARTICIPANT_FACTS = {
    "subject_not_listed": ("participants.tsv has no row for this subject, who has recordings", None),
    "id_without_prefix": (
        "participants.tsv gives the participant_id without the prefix sub-",
        "write sub- before the participant_id",
    ),
}
"""Fact and remedy of each note on a participant; without a remedy, the file as it is on the server."""


@dataclass(frozen=True)
class Defect:
    """One defect of a release folder."""

    kind: str
    """Short name, such as ``truncated``."""
    severity: Literal["error", "warning"]
    place: str
    """Recording, subject or file that it concerns."""
    fact: str
    """The fact, as a sentence without a period."""
    remedy: str | None
    """What to type or change; None if nothing is certain."""

    def to_dict(self) -> dict[str, Any]:
        """Return the defect as plain values for JSON."""
        return asdict(self)


def find_defects(folder: Path, progress: Progress = silent) -> tuple[Defect, ...]:
    """Examine every recording of every task in a folder, and the tables of the release.

    Parameters
    ----------
    folder
        Release folder.
    progress
        Called after each recording.

    Returns
    -------
    tuple of Defect
        The errors first; sorted by kind and place.
    """
    try:
        release = open_release(folder)
    except ReleaseError as error:
        return (Defect("no_release", "error", str(folder), str(error), error.hint),)
    found = [*_tables(release), *_stray_files(release.folder)]
    tasks = release.tasks()
    every = [(task, recording) for task in tasks for recording in release.recordings(task)]
    for done, (task, recording) in enumerate(every, 1):
        found += _of_recording(release, task, recording)
        progress(f"verify {release.name}", done, len(every))
    return tuple(sorted(found, key=lambda one: (one.severity, one.kind, one.place)))


def _tables(release: Release) -> Iterator[Defect]:
    """Yield the defects of participants.tsv."""
    tasks = release.tasks()
    from_server = again(release.folder, tasks=tasks)
    for spec in _SPECS.values():
        if not spec.locked_to_stimulus:
            try:
                release.factor(spec.target)
            except ReleaseError as error:
                yield Defect("factor_scores", "error", "participants.tsv", str(error), from_server)
    notes = [note for task in tasks for note in release.notes(task)]
    for kind, subject in sorted({(note.kind, name) for note in notes for name in note.names}):
        fact, remedy = _PARTICIPANT_FACTS[kind]
        fact = f"{fact}; the official pipeline fails on it"
        yield Defect(kind, "error", f"sub-{subject}", fact, remedy or from_server)
    for task in tasks:
        missing = release.missing(task)
        if missing:
            some = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
            fact = f"the folder lacks {counted(len(missing), 'run')} that participants.tsv calls available: {some}"
            yield Defect("not_in_folder", "warning", task, fact, again(release.folder, tasks=[task]))


def _stray_files(folder: Path) -> Iterator[Defect]:
    """Yield files that macOS and interrupted downloads leave."""
    for path in folder.rglob("*"):
        place = str(path.relative_to(folder))
        if path.name.startswith("._"):
            fact = "the file is an AppleDouble of macOS, which holds no data of the release"
            yield Defect("apple_double", "warning", place, fact, f"find {folder} -name '._*' -delete")
        elif path.suffix == ".part":
            fact = "the file is the beginning of a download that is not finished"
            subject = place.partition("/")[0].removeprefix("sub-") if place.startswith("sub-") else None
            yield Defect("unfinished", "error", place, fact, again(folder, subject=subject))


def _of_recording(release: Release, task: str, recording: Recording) -> Iterator[Defect]:
    """Yield the defects of the BDF and of the events of one recording."""
    surveyed, from_server = survey([recording]), again(release.folder, subject=recording.subject, tasks=[task])
    left_out = [one for one in surveyed.left_out if one.kind != "unfinished"]  # its .part is found as a file
    if task == _EVENTS_TASK.task and surveyed.recordings:
        cut = cut_windows(release, _EVENTS_TASK, surveyed)
        left_out += cut.left_out
        for note in cut.notes:
            if note.kind not in _SCORED_OTHERWISE:
                severity: Literal["error", "warning"] = "error" if note.official_chain_fails else "warning"
                yield Defect(note.kind, severity, recording.name, note.text, from_server)
    for one in left_out:
        remedy = one.hint or (from_server if one.kind in _FROM_SERVER else None)
        yield Defect(one.kind, "error", recording.name, one.reason, remedy)
    if task == _EVENTS_TASK.task and not left_out and _out_of_order(recording):
        fact = "the onsets of events.tsv are not in ascending order; subpack and the official pipeline sort them"
        yield Defect("events_out_of_order", "warning", recording.name, fact, None)


def _out_of_order(recording: Recording) -> bool:
    try:
        onset = recording.events().onset
    except ReleaseError:  # of a recording that is left out for it
        return False
    return bool((np.diff(onset[~np.isnan(onset)]) < 0).any())


def again(folder: Path, *, subject: str | None = None, tasks: Sequence[str] = ()) -> str:
    """Return the remedy for a file that is not as it is on the server.

    Parameters
    ----------
    folder
        Release folder.
    subject, tasks
        The part of the release to which the file belongs.
    """
    if not _OFFICIAL.fullmatch(folder.name):
        return "copy the file again from where the release comes from"
    part = (f" --tasks {','.join(tasks)}" if tasks else "") + (f" --subjects {subject}" if subject else "")
    return f"subpack fetch {folder.name} --to {folder.parent}{part}"
