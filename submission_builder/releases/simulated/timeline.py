"""What happens in a run of the contrast change detection task, and when.

A run opens with ``break cnt`` and the block's start, then come trials about 4.65 s apart, one more
``contrastTrial_start`` (which opens no trial, as nothing follows it) and the closing ``break cnt`` and
``9999``. Three seconds from a stimulus on belong to its trial alone, so no window holds a neighbour's signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.protocol.challenges import SFREQ
from submission_builder.protocol.trials import RESPONSES, STIMULI, TRIAL_START
from submission_builder.releases.simulated.labels import TICK_MS, response_times_ms

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

EVENT_CODES = {
    "break cnt": "break cnt",
    "contrastChangeB1_start": "94",
    "contrastChangeB2_start": "95",
    "contrastChangeB3_start": "96",
    TRIAL_START: "5",
    STIMULI[0]: "8",
    STIMULI[1]: "9",
    RESPONSES[0]: "12",
    RESPONSES[1]: "13",
    "9999": "9999",
}
"""Column ``event_code`` of events.tsv by ``value``."""

MISSED, WRONG_SIDE = 0.10, 0.05
"""Probability that a trial goes without a press, and that a press is on the other side."""

_LEAD_MS, _FIRST_MS, _TAIL_MS = 500, 5000, 3000
_TARGET_MS = (800, 1200)  # from the start of a trial to its stimulus
_TRIAL_MS = (4500, 4800)  # from one start to the next


@dataclass(frozen=True)
class Event:
    """One row of events.tsv; `onset_ms` counts from the start of the recording."""

    onset_ms: int
    value: str
    feedback: str = "n/a"


@dataclass(frozen=True, eq=False)
class Timeline:
    """A run's events, and the predicted trials that leave a trace in the signal.

    Attributes
    ----------
    events
        In the order of time.
    n_samples
        Length of the recording, a whole number of seconds.
    anchor
        Sample of the stimulus, found as the windows' anchor is.
    response_s
        Response time.
    hand
        0 for a left press, 1 for a right one.

    Shape
    -----
    anchor, response_s, hand: ``(n_predicted,)``
    """

    events: tuple[Event, ...]
    n_samples: int
    anchor: NDArray[np.int64]
    response_s: NDArray[np.float64]
    hand: NDArray[np.int64]

    @property
    def onset_s(self) -> list[float]:
        """Event times, as events.tsv states them."""
        return [event.onset_ms / 1000 for event in self.events]

    @property
    def value(self) -> list[str]:
        """Event names."""
        return [event.value for event in self.events]


def draw_timeline(rng: Generator, *, run: int, n_trials: int, pace: float) -> Timeline:
    """Draw a run.

    Parameters
    ----------
    rng
        Source of the draw.
    run
        Number of the run, which names its block.
    n_trials
        Trials, predicted or not; the first is always predicted, so every run has a target.
    pace
        The subject's slowness, a standard normal score.
    """
    start = _FIRST_MS + np.cumsum(np.concatenate([[0], _ticks(rng, _TRIAL_MS, n_trials)]))
    stimulus = start[:-1] + _ticks(rng, _TARGET_MS, n_trials)
    response = response_times_ms(rng, pace, n_trials)
    side = rng.integers(2, size=n_trials)
    hand = np.where(rng.random(n_trials) < WRONG_SIDE, 1 - side, side)
    predicted = rng.random(n_trials) >= MISSED
    predicted[0] = True

    events = [Event(0, "break cnt"), Event(_LEAD_MS, f"contrastChangeB{run}_start")]
    for trial in range(n_trials):
        events += [Event(int(start[trial]), TRIAL_START), Event(int(stimulus[trial]), STIMULI[side[trial]])]
        if predicted[trial]:
            feedback = "smiley_face" if hand[trial] == side[trial] else "sad_face"
            press = int(stimulus[trial] + response[trial])
            events.append(Event(press, RESPONSES[hand[trial]], feedback))
    end = int(start[-1])
    events += [Event(end, TRIAL_START), Event(end + 1000, "break cnt"), Event(end + 2000, "9999")]
    return Timeline(
        events=tuple(events),
        n_samples=SFREQ * -(-(end + _TAIL_MS) // 1000),
        anchor=np.round(stimulus[predicted] / 1000 * SFREQ).astype(np.int64),
        response_s=response[predicted] / 1000,
        hand=hand[predicted],
    )


def _ticks(rng: Generator, limits_ms: tuple[int, int], size: int) -> NDArray[np.int64]:
    low, high = (limit // TICK_MS for limit in limits_ms)
    return TICK_MS * rng.integers(low, high, size=size, endpoint=True)
