"""Where the windows lie: positions, crops, and the table and reader that pass between rooms."""

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


@dataclass(frozen=True, eq=False)
class WindowTable:
    """The windows of one challenge, in the order in which the server asks them.

    Attributes
    ----------
    challenge
        Number of the challenge.
    recording
        Index into the recordings of the reader that belongs to the table.
    start
        First sample of the window in its recording.
    target
        Response time in s (challenge 1), or factor score (challenge 2).
    subject
        Participant of each window.

    Shape
    -----
    Each array: ``(n_windows,)``.
    """

    challenge: int
    recording: NDArray[np.int64]
    start: NDArray[np.int64]
    target: NDArray[np.float32]
    subject: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def n_subjects(self) -> int:
        """How many subjects the windows come from."""
        return len(np.unique(self.subject))

    def frame(self, recordings: Sequence[str] = ()) -> pd.DataFrame:
        """Return one row per window: ``subject``, ``recording``, ``start`` (sample) and ``target``.

        Parameters
        ----------
        recordings
            Name of each recording; without names, the column holds the recordings' indices.
        """
        names = np.array(recordings)[self.recording] if recordings else self.recording
        columns = {"subject": self.subject, "recording": names, "start": self.start, "target": self.target}
        return pd.DataFrame(columns)

    def select(self, kept: NDArray[np.bool_]) -> WindowTable:
        """Keep the windows that a mask of shape ``(n_windows,)`` names."""
        return WindowTable(
            self.challenge, self.recording[kept], self.start[kept], self.target[kept], self.subject[kept]
        )


class WindowReader(Protocol):
    """What hands out the windows of a table."""

    def window(self, recording: int, start: int) -> NDArray[np.float32]:
        """Look at one window ``(n_chans, n_times)``, float32, in volts; to be copied, not written to.

        Parameters
        ----------
        recording, start
            As in the table.
        """
        ...

    def n_samples(self, recording: int) -> int:
        """Length of a recording."""
        ...


def stimulus_windows(
    trials: Trials, n_samples: int, spec: ChallengeSpec
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Cut one window at the stimulus of every complete trial.

    The anchor's sample is found as MNE finds it: the onset in whole microseconds, times the sampling
    frequency, rounded half to even. An anchor past the end of the recording is dropped with MNE's
    annotations; a window that only reaches past it aborts the server's run.

    Parameters
    ----------
    trials
        Trials of one recording; incomplete ones are left out here.
    n_samples
        Length of the recording.
    spec
        The challenge; its ``onset_samples`` lie between stimulus and window.

    Returns
    -------
    start
        First sample of each window.
    target
        Response time in s.

    Shape
    -----
    start, target: ``(n_windows,)``

    Raises
    ------
    WindowError
        If a window reaches past the end of the recording.
    """
    kept = trials.complete()
    anchor_s = np.array([timedelta(seconds=onset).total_seconds() for onset in kept.stimulus], np.float64)
    inside = anchor_s <= n_samples / SFREQ
    start = np.round(anchor_s[inside] * SFREQ).astype(np.int64) + spec.onset_samples
    if len(start) and start[-1] + N_TIMES > n_samples:
        raise WindowError(
            f"the window of the last trial spans samples {start[-1]} to {start[-1] + N_TIMES}, the recording "
            f"has {n_samples}; the server's run ends there without a score"
        )
    return start, kept.response_time[inside].astype(np.float32)


def crop_windows(n_samples: int, spec: ChallengeSpec) -> NDArray[np.int64]:
    """Cut long windows all along a recording and draw one crop out of each.

    Parameters
    ----------
    n_samples
        Length of the recording. Below ``spec.long_samples`` there is no window.
    spec
        The challenge. Where the server drew without a seed, seed 0 stands in for it.

    Returns
    -------
    NDArray[np.int64]
        First sample of each crop.

    Shape
    -----
    Output: ``(floor((n_samples - long) / stride) + 1,)``
    """
    long_start = np.arange(0, n_samples - spec.long_samples + 1, spec.stride_samples, dtype=np.int64)
    rng = random.Random(spec.crop_seed or 0)  # noqa: S311 - the organisers' own generator
    slack = spec.long_samples - N_TIMES
    offsets = [rng.randint(0, slack) for _ in long_start]
    return long_start + np.array(offsets, np.int64)
