"""Cuts the windows of a challenge from the recordings of a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import ReleaseError, WindowError
from submission_builder.protocol.trials import trial_table
from submission_builder.protocol.windows import WindowTable, crop_windows, stimulus_windows
from submission_builder.releases.event_notes import event_facts, event_notes
from submission_builder.releases.notes import dropout_notes
from submission_builder.releases.survey import LeftOut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from submission_builder.protocol.challenges import ChallengeSpec
    from submission_builder.releases.folder import Release
    from submission_builder.releases.notes import Note
    from submission_builder.releases.recording import Recording
    from submission_builder.releases.survey import Survey


@dataclass(frozen=True, eq=False)
class WindowCut:
    """The windows of a challenge, the recordings that were left out, and notes."""

    table: WindowTable
    """The windows in the order of the recordings. Recordings without a target have none."""
    left_out: tuple[LeftOut, ...]
    """Recordings whose events cannot be used, or of which a window reaches past an end; sorted."""
    notes: tuple[Note, ...]
    """Facts about the release that a reader of the score has to know."""


@dataclass(frozen=True, eq=False)
class _RecordingCut:
    """The windows of one recording: starts, targets, and facts about its events."""

    start: NDArray[np.int64]
    target: NDArray[np.float32]
    facts: dict[str, int]


def cut_windows(release: Release, spec: ChallengeSpec, survey: Survey) -> WindowCut:
    """Cut the windows of a challenge.

    Parameters
    ----------
    release
        The release, which holds the factor scores.
    spec
        The challenge.
    survey
        The usable recordings of the challenge's task.

    Raises
    ------
    ReleaseError
        If the factor scores cannot be read. An unusable recording is no error: it is left out.
    """
    factor = None if spec.locked_to_stimulus else release.factor(spec.target)
    cuts: dict[int, _RecordingCut] = {}
    left_out = []
    for i, (recording, n_samples) in enumerate(zip(survey.recordings, survey.n_samples, strict=True)):
        try:
            cuts[i] = _cut(recording, n_samples, spec, factor)
        except ReleaseError as error:
            left_out.append(LeftOut(recording.name, str(error), error.hint, "events"))
        except WindowError as error:
            left_out.append(LeftOut(recording.name, str(error), error.hint, "window_outside"))
    notes = event_notes({survey.names[i]: cut.facts for i, cut in cuts.items()})
    scored = [i not in cuts or len(cuts[i].start) > 0 for i in range(len(survey.recordings))]
    notes += dropout_notes(spec, survey, scored, factor)
    return WindowCut(_table(spec, survey, cuts), tuple(sorted(left_out)), tuple(notes))


def _cut(recording: Recording, n_samples: int, spec: ChallengeSpec, factor: dict[str, float] | None) -> _RecordingCut:
    """Cut one recording: at its stimuli, or (with factor scores) in crops along the recording."""
    if factor is None:
        events = recording.events()
        trials = trial_table(events.onset, events.value)
        start, target = stimulus_windows(trials, n_samples, spec)
        return _RecordingCut(start, target, event_facts(events, trials, n_samples, start))
    if recording.subject not in factor:
        return _RecordingCut(np.empty(0, np.int64), np.empty(0, np.float32), {})
    start = crop_windows(n_samples, spec)
    return _RecordingCut(start, np.full(len(start), factor[recording.subject], np.float32), {})


def _table(spec: ChallengeSpec, survey: Survey, cuts: dict[int, _RecordingCut]) -> WindowTable:
    """Join the windows of all recordings."""
    return WindowTable(
        challenge=spec.number,
        recording=np.concatenate([*(np.full(len(cut.start), i) for i, cut in cuts.items()), np.empty(0, np.int64)]),
        start=np.concatenate([*(cut.start for cut in cuts.values()), np.empty(0, np.int64)]),
        target=np.concatenate([*(cut.target for cut in cuts.values()), np.empty(0, np.float32)]),
        subject=np.array([survey.recordings[i].subject for i, cut in cuts.items() for _ in cut.start], np.str_),
    )
