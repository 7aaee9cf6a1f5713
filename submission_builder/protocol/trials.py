"""The trial table of a contrast change detection run, from its events.

The rules are those of eegdash 0.3.8's ``build_trial_table`` (protocol facts, section 3): a trial reaches from
one ``contrastTrial_start`` up to the next, so the last start of a file opens no trial; the stimulus is the
first target inside it; the response is the first press from the stimulus on, correct or not.
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

    Attributes
    ----------
    start, stop
        Limits of the trial; `stop` is the next trial's start.
    stimulus
        First target in [start, stop); NaN where there is none.
    response
        First press in [stimulus, stop); NaN where there is none.

    Shape
    -----
    Each attribute: ``(n_trials,)``, float64.
    """

    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    stimulus: NDArray[np.float64]
    response: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def response_time(self) -> NDArray[np.float64]:
        """``rt_from_stimulus`` in seconds, NaN where stimulus or response is missing."""
        return self.response - self.stimulus

    def complete(self) -> Trials:
        """Keep the trials that have both a stimulus and a response: the ones that are scored."""
        kept = ~np.isnan(self.response_time)
        return Trials(self.start[kept], self.stop[kept], self.stimulus[kept], self.response[kept])


def trial_table(onset: ArrayLike, value: ArrayLike) -> Trials:
    """Find the trials in a run's events.

    Parameters
    ----------
    onset
        Event times in seconds, in any order.
    value
        Event names, as in the ``value`` column of events.tsv.

    Shape
    -----
    onset, value: ``(n_events,)``

    Returns
    -------
    Trials
        One entry for each start that another start follows.
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
    """First event in each [start, stop), NaN where none is; a NaN start finds none."""
    padded = np.append(events, np.inf)
    found = padded[np.searchsorted(events, start, side="left")]
    return np.where(found < stop, found, np.nan)
