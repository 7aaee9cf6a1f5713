"""The windows of a challenge: their positions in the recordings, and the interfaces for reading them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from submission_builder.base.errors import WindowError
from submission_builder.protocol.challenges import N_TIMES, SFREQ, ChallengeSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from submission_builder.protocol.trials import Trials

TRIAL_ANNOTATION_S = 2.0
"""Duration of the annotation that eegdash sets at each trial start (``EPOCH_LEN_S`` in ``local_scoring.py``)."""


@dataclass(frozen=True, eq=False)
class WindowTable:
    """The windows of one challenge, in the order in which the server predicts them.

    Shape
    -----
    Each array: ``(n_windows,)``
    """

    challenge: int
    """Number of the challenge."""
    recording: NDArray[np.int64]
    """Index of each window's recording in the reader that belongs to the table."""
    start: NDArray[np.int64]
    """First sample of the window in its recording."""
    target: NDArray[np.float32]
    """Response time in s (challenge 1) or factor score (challenge 2)."""
    subject: NDArray[np.str_]
    """Subject of each window, without ``sub-``."""

    def __len__(self) -> int:
        return len(self.start)

    @property
    def n_subjects(self) -> int:
        """Number of different subjects."""
        return len(np.unique(self.subject))

    def frame(self, recordings: Sequence[str] = ()) -> pd.DataFrame:
        """Return one row per window: ``subject``, ``recording``, ``start`` (sample) and ``target``.

        Parameters
        ----------
        recordings
            Name of each recording. Without names, the column holds the recordings' indices.
        """
        names = np.array(recordings)[self.recording] if recordings else self.recording
        columns = {"subject": self.subject, "recording": names, "start": self.start, "target": self.target}
        return pd.DataFrame(columns)

    def select(self, chosen: NDArray[np.bool_ | np.intp]) -> WindowTable:
        """Select windows by a mask of shape ``(n_windows,)``, or by their positions in the table."""
        return WindowTable(
            self.challenge, self.recording[chosen], self.start[chosen], self.target[chosen], self.subject[chosen]
        )


class WindowReader(Protocol):
    """Reads the windows of a table."""

    def window(self, recording: int, start: int) -> NDArray[np.float32]:
        """Return one window as a view that must not be written to.

        Parameters
        ----------
        recording
            Index of the recording, as in the table.
        start
            First sample, as in the table.

        Shape
        -----
        Output: ``(n_chans, n_times)``, float32, volts
        """
        ...

    def n_samples(self, recording: int) -> int:
        """Return the length of a recording in samples."""
        ...


def inside_recording(trials: Trials, n_samples: int) -> NDArray[np.bool_]:
    """Find the trials that survive when MNE crops annotations to the recording.

    eegdash sets one annotation of :data:`TRIAL_ANNOTATION_S` at the start of each trial, and then one of 0 s at its
    stimulus. MNE drops each annotation that ends before the first sample or begins after the end of the recording. A
    trial is lost with either annotation. Times count in whole microseconds, as in MNE.

    Parameters
    ----------
    trials
        Complete trials of one recording.
    n_samples
        Length of the recording.

    Returns
    -------
    NDArray
        Mask of shape ``(n_trials,)``.

    References
    ----------
    ``annotate_trials_with_target`` and ``add_aux_anchors`` in eegdash 0.3.8; ``Annotations.crop`` in MNE.
    """
    start_s, anchor_s = _whole_microseconds(trials.start), _whole_microseconds(trials.stimulus)
    return (start_s >= -TRIAL_ANNOTATION_S) & (anchor_s >= 0) & (anchor_s <= n_samples / SFREQ)


def stimulus_windows(
    trials: Trials, n_samples: int, spec: ChallengeSpec
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Place one window at the stimulus of every complete trial inside the recording.

    The sample of a stimulus is the onset in whole microseconds times the sampling frequency, rounded half to even, as
    in MNE's ``events_from_annotations``.

    Parameters
    ----------
    trials
        Trials of one recording. Trials without stimulus or response, and trials outside the recording (see
        :func:`inside_recording`), have no window.
    n_samples
        Length of the recording.
    spec
        The challenge; ``onset_samples`` is the distance from the stimulus to the window.

    Returns
    -------
    start
        First sample of each window, in ascending order.
    target
        Response time in s.

    Raises
    ------
    WindowError
        If a window reaches past an end of the recording. The server's run fails there
        (``create_windows_from_events`` of braindecode raises ValueError).

    Shape
    -----
    start, target: ``(n_windows,)``
    """
    complete = trials.complete()
    scored = complete.select(inside_recording(complete, n_samples))
    start = np.round(_whole_microseconds(scored.stimulus) * SFREQ).astype(np.int64) + spec.onset_samples
    outside = np.flatnonzero((start < 0) | (start + N_TIMES > n_samples))
    if len(outside):
        first = outside[0]
        raise WindowError(
            f"the window of the stimulus at {scored.stimulus[first]:g} s spans samples {start[first]} to "
            f"{start[first] + N_TIMES}, and the recording has {n_samples}; the server's run fails on it without a score"
        )
    return start, scored.response_time.astype(np.float32)


def _whole_microseconds(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round times in s to microseconds, as ``datetime.timedelta`` does inside MNE."""
    return np.array([timedelta(seconds=time_s).total_seconds() for time_s in times_s.tolist()], np.float64)


def crop_windows(n_samples: int, spec: ChallengeSpec) -> NDArray[np.int64]:
    """Place long windows along a recording and draw one crop of ``N_TIMES`` samples from each.

    Parameters
    ----------
    n_samples
        Length of the recording. A recording shorter than ``spec.long_samples`` has no window.
    spec
        The challenge. Seed 0 replaces the seed of the crops if the server drew without one.

    Returns
    -------
    NDArray[np.int64]
        First sample of each crop.

    Shape
    -----
    Output: ``(floor((n_samples - long) / stride) + 1,)``
    """
    long_start = np.arange(0, n_samples - spec.long_samples + 1, spec.stride_samples, dtype=np.int64)
    rng = random.Random(spec.crop_seed or 0)  # noqa: S311 - the generator of local_scoring.py
    slack = spec.long_samples - N_TIMES
    offsets = [rng.randint(0, slack) for _ in long_start]
    return long_start + np.array(offsets, np.int64)
