"""Draws the events of a run of the contrast change detection task.

A run begins with ``break cnt`` and the start of the block. Trials follow about every 4.65 s. One more
``contrastTrial_start`` ends the last trial, and the run closes with ``break cnt`` and ``9999``. The first 3 s after a
stimulus belong to its trial alone, so that no window contains the signal of another trial.
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
"""Values of the column ``event_code`` of events.tsv, by ``value``."""

MISSED, WRONG_SIDE = 0.10, 0.05
"""Probability that a trial has no button press, and that a press is on the wrong side."""

_LEAD_MS, _FIRST_MS, _TAIL_MS = 500, 5000, 3000
_TARGET_MS = (800, 1200)  # from the start of a trial to its stimulus
_TRIAL_MS = (4500, 4800)  # from one start to the next


@dataclass(frozen=True)
class Event:
    """One row of events.tsv. `onset_ms` is the time from the start of the recording."""

    onset_ms: int
    value: str
    feedback: str = "n/a"


@dataclass(frozen=True, eq=False)
class Timeline:
    """The events of a run, and the trials with a button press, which are the ones that add to the signal.

    Shape
    -----
    anchor, response_s, hand: ``(n_responses,)``
    """

    events: tuple[Event, ...]
    """The events in the order of time."""
    n_samples: int
    """Length of the recording, a whole number of seconds."""
    anchor: NDArray[np.int64]
    """Sample of the stimulus, rounded as for the windows."""
    response_s: NDArray[np.float64]
    """Response time in s."""
    hand: NDArray[np.int64]
    """0 for a left press, 1 for a right press."""

    @property
    def onset_s(self) -> list[float]:
        """Event times in s, as in events.tsv."""
        return [event.onset_ms / 1000 for event in self.events]

    @property
    def value(self) -> list[str]:
        """Event names."""
        return [event.value for event in self.events]


def draw_timeline(rng: Generator, *, run: int, n_trials: int, pace: float) -> Timeline:
    """Draw the events of a run.

    Parameters
    ----------
    rng
        Random generator.
    run
        Number of the run, which is also the number of its block.
    n_trials
        Number of trials. The first trial always has a press, so that every run has a target.
    pace
        Standard normal score of the subject; high values are slow.
    """
    start = _FIRST_MS + np.cumsum(np.concatenate([[0], _ticks(rng, _TRIAL_MS, n_trials)]))
    stimulus = start[:-1] + _ticks(rng, _TARGET_MS, n_trials)
    response = response_times_ms(rng, pace, n_trials)
    side = rng.integers(2, size=n_trials)
    hand = np.where(rng.random(n_trials) < WRONG_SIDE, 1 - side, side)
    pressed = rng.random(n_trials) >= MISSED
    pressed[0] = True

    events = [Event(0, "break cnt"), Event(_LEAD_MS, f"contrastChangeB{run}_start")]
    for trial in range(n_trials):
        events += [Event(int(start[trial]), TRIAL_START), Event(int(stimulus[trial]), STIMULI[side[trial]])]
        if pressed[trial]:
            feedback = "smiley_face" if hand[trial] == side[trial] else "sad_face"
            press = int(stimulus[trial] + response[trial])
            events.append(Event(press, RESPONSES[hand[trial]], feedback))
    end = int(start[-1])
    events += [Event(end, TRIAL_START), Event(end + 1000, "break cnt"), Event(end + 2000, "9999")]
    return Timeline(
        events=tuple(events),
        n_samples=SFREQ * -(-(end + _TAIL_MS) // 1000),
        anchor=np.round(stimulus[pressed] / 1000 * SFREQ).astype(np.int64),
        response_s=response[pressed] / 1000,
        hand=hand[pressed],
    )


def _ticks(rng: Generator, limits_ms: tuple[int, int], size: int) -> NDArray[np.int64]:
    low, high = (limit // TICK_MS for limit in limits_ms)
    return TICK_MS * rng.integers(low, high, size=size, endpoint=True)
