"""Facts about the events of recordings: causes for the official pipeline to fail, and trials that are not scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.protocol.trials import RESPONSES, Trials
from submission_builder.protocol.windows import inside_recording
from submission_builder.releases.notes import Note, counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from submission_builder.releases.events import Events

_OUTSIDE = "trial_outside"

_TEXTS = {
    "onset_not_a_number": "the events.tsv of {recordings} has onsets that are neither numbers nor n/a; here these "
    "events are ignored, and the official pipeline fails on them (mne-bids 0.17.0 raises ValueError)",
    "no_duration": "the events.tsv of {recordings} has no column duration; here it is not needed, and the official "
    "chain fails without it (mne-bids 0.17.0 raises KeyError)",
    "no_feedback": "the events.tsv of {recordings} has no column feedback; here it is not needed, and the official "
    "chain fails without it (eegdash 0.3.8 raises KeyError)",
    "no_trial_start": "the events.tsv of {recordings} has fewer than two contrastTrial_start and therefore no trial; "
    "here challenge 1 does not score them, and the official pipeline fails on them (eegdash 0.3.8 raises KeyError)",
    "same_sample": "two stimuli of {recordings} are on the same sample; here both are scored, and the official "
    "pipeline fails on them (braindecode 1.2.0 raises NotImplementedError)",
    _OUTSIDE: "{trials} of {recordings} begin outside the recording; challenge 1 does not score them, as in the "
    "official pipeline, where MNE crops them",
}


def event_facts(events: Events, trials: Trials, n_samples: int, start: NDArray[np.int64]) -> dict[str, int]:
    """Count the unusual facts in the events of one recording.

    Parameters
    ----------
    events, trials
        The events, and the trials found in them.
    n_samples
        Length of the recording.
    start
        First sample of each window.

    Returns
    -------
    dict
        The count of each kind that occurs. The kinds are those of :func:`event_notes`.
    """
    complete = trials.complete()
    counts = {
        "onset_not_a_number": events.n_unreadable_onsets,
        "no_duration": int("duration" not in events.columns),
        "no_feedback": int("feedback" not in events.columns and np.isin(events.value, RESPONSES).any()),
        "no_trial_start": int(not np.isfinite(trials.stop).any()),
        "same_sample": int((np.diff(start) == 0).sum()),
        _OUTSIDE: int((~inside_recording(complete, n_samples)).sum()),
    }
    return {kind: count for kind, count in counts.items() if count}


def event_notes(facts: Mapping[str, Mapping[str, int]]) -> list[Note]:
    """Join the facts about recordings into one note per kind.

    Parameters
    ----------
    facts
        Result of :func:`event_facts` by name of the recording.
    """
    notes = []
    for kind, text in _TEXTS.items():
        names = sorted(name for name, counts in facts.items() if kind in counts)
        if names:
            n_trials = sum(facts[name][kind] for name in names)
            filled = text.format(recordings=counted(len(names), "recording"), trials=counted(n_trials, "trial"))
            notes.append(Note(kind, filled, tuple(names), official_chain_fails=kind != _OUTSIDE))
    return notes
