"""The trials of a contrast change detection run, found in its events.

A trial begins at a ``contrastTrial_start`` and ends at the next one, so the last start of a file begins no trial. The
stimulus is the first target of the trial. The response is the first button press from the stimulus on, correct or not.

References
----------
``build_trial_table`` in eegdash 0.3.8, ``eegdash/hbn/windows.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

TRIAL_START = "contrastTrial_start"
STIMULI = ("left_target", "right_target")
RESPONSES = ("left_buttonPress", "right_buttonPress")


@dataclass(frozen=True, eq=False)
class Trials:
    """Times of each trial, in seconds from the start of the recording.

    Shape
    -----
    Each field: ``(n_trials,)``, float64
    """

    start: NDArray[np.float64]
    """Start of the trial."""
    stop: NDArray[np.float64]
    """Start of the next trial."""
    stimulus: NDArray[np.float64]
    """First target in [start, stop); NaN if there is none."""
    response: NDArray[np.float64]
    """First button press in [stimulus, stop); NaN if there is none."""

    def __len__(self) -> int:
        return len(self.start)

    @property
    def response_time(self) -> NDArray[np.float64]:
        """``rt_from_stimulus`` in seconds; NaN if the trial lacks a stimulus or a response."""
        return self.response - self.stimulus

    def select(self, mask: NDArray[np.bool_]) -> Trials:
        """Select trials by a mask of shape ``(n_trials,)``."""
        return Trials(self.start[mask], self.stop[mask], self.stimulus[mask], self.response[mask])

    def complete(self) -> Trials:
        """Select the trials that have both a stimulus and a response."""
        return self.select(~np.isnan(self.response_time))


def trial_table(onset: ArrayLike, value: ArrayLike) -> Trials:
    """Find the trials of a run.

    Parameters
    ----------
    onset
        Event times in seconds, in any order.
    value
        Event names, as in the column ``value`` of events.tsv.

    Returns
    -------
    Trials
        One trial for each ``contrastTrial_start`` except the last.

    Shape
    -----
    onset, value: ``(n_events,)``
    """
    times = np.asarray(onset, dtype=np.float64)
    order = np.argsort(times, kind="stable")
    times, names = times[order], np.asarray(value, dtype=object)[order]

    starts = times[names == TRIAL_START]
    start, stop = starts[:-1], starts[1:]
    stimulus = _first_within(times[np.isin(names, STIMULI)], start, stop)
    response = _first_within(times[np.isin(names, RESPONSES)], stimulus, stop)
    return Trials(start, stop, stimulus, response)


def _first_within(
    events: NDArray[np.float64], start: NDArray[np.float64], stop: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the first event in each [start, stop); NaN if there is none or if `start` is NaN."""
    padded = np.append(events, np.inf)
    found = padded[np.searchsorted(events, start, side="left")]
    return np.where(found < stop, found, np.nan)
