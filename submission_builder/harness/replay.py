"""Predict the windows of every challenge as the server does: one at a time, or in batches where these are equivalent.

Before the replay, a sample of each challenge is predicted one by one, one by one in reverse order, and in one batch. If
all three agree, the challenge is predicted in batches. If they differ, or if the submission declares that it keeps
state, the challenge is predicted one window at a time, in a fresh process that has not seen the sample.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.progress import Progress, silent
from submission_builder.harness.batch_equivalence import difference, unbatchable_reason
from submission_builder.harness.meter import ChallengeCost, CostMeter
from submission_builder.harness.slots import SLOT_WINDOWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from submission_builder.harness.session import Predictions, Session
    from submission_builder.releases.challenge_windows import ChallengeWindows
    from submission_builder.sandbox.isolation import Level

_FEW_WINDOWS = 4 * SLOT_WINDOWS  # so few windows are predicted one by one, without a sample
_CONTROL_WINDOWS = 16  # predicted again one by one after a replay in batches


@dataclass(frozen=True)
class Replay:
    """The predictions of a submission for all windows of a release, and what the run showed."""

    predictions: dict[int, NDArray[np.float64]]
    """By number of the challenge, each of shape ``(n_windows,)``."""
    isolation: Level
    """Isolation level of the run."""
    network: tuple[str, ...]
    """Hosts that the submission contacted, or tried to contact, through Python's sockets."""
    shapes: dict[int, tuple[int, ...]]
    """By challenge: a shape that is not (1, 1) of a prediction for one window; the scorer reads [0][0] only."""
    batch: dict[int, int]
    """Batch size, by challenge."""
    unbatched: dict[int, str]
    """Why a challenge was predicted one window at a time, by challenge."""
    wall_s: float
    """Wall time of the run, loading included."""
    costs: dict[int, ChallengeCost]
    """By challenge."""
    peak: int
    """Largest memory of the process and its descendants in bytes, sampled ten times a second."""


class _BatchDiffersError(Exception):
    """After a replay in batches, predictions for single windows differ."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number


def replay(
    session: Session,
    windows: Mapping[int, ChallengeWindows],
    *,
    unbatched: Mapping[int, str] | None = None,
    progress: Progress = silent,
) -> Replay:
    """Predict every window of every challenge, in the server's order.

    Challenge 1 is finished before the model of challenge 2 is built. The model of a challenge without windows is built
    too, as on the server.

    Parameters
    ----------
    session
        The submission, without a loaded model.
    windows
        The windows by number of the challenge.
    unbatched
        The reason for each challenge that has to be predicted one window at a time, by number. For the other
        challenges, a sample decides.
    progress
        Called with the number of windows predicted.

    Raises
    ------
    SubmissionError
        If the run ends without predictions; its ``outcome`` says why.
    """
    began = time.monotonic()
    reasons = dict(unbatched or {})
    costs = {number: ChallengeCost() for number in windows}
    for number, of_challenge in sorted(windows.items()):
        if number not in reasons and len(of_challenge) > _FEW_WINDOWS:
            sample = np.stack(of_challenge.select(of_challenge.sample(SLOT_WINDOWS))[:])
            if reason := unbatchable_reason(session, number, sample, costs[number].single_windows, progress):
                reasons[number] = reason
    fresh = reasons == (unbatched or {})
    while True:
        if not fresh:
            session.restart()
        batch = {n: 1 if n in reasons or len(w) <= _FEW_WINDOWS else SLOT_WINDOWS for n, w in windows.items()}
        try:
            predicted = {
                n: _replay_challenge(session, n, windows[n], batch[n], costs[n], progress) for n in sorted(windows)
            }
        except _BatchDiffersError as found:
            reasons[found.number], fresh = str(found), False
        else:
            break
    return Replay(
        predictions={n: predictions.values for n, predictions in predicted.items()},
        isolation=session.level,
        network=session.report().network,
        shapes={n: shape for n, predictions in predicted.items() if (shape := _odd_shape(predictions, batch[n]))},
        batch=batch,
        unbatched=reasons,
        wall_s=time.monotonic() - began,
        costs=costs,
        peak=session.peak(),
    )


def _replay_challenge(
    session: Session, number: int, windows: ChallengeWindows, batch: int, cost: ChallengeCost, progress: Progress
) -> Predictions:
    """Predict the windows of one challenge; after batches, compare some of them with single predictions."""
    session.load(number)
    meter = CostMeter(session.memory, progress)
    predictions = session.predict(windows, batch, progress=meter)
    cost.load_s, cost.memory = session.load_s[number], meter.memory
    if batch == 1:
        cost.single_windows = meter.blocks
    else:
        chosen = windows.sample(_CONTROL_WINDOWS)
        reason = difference(session.predict(windows.select(chosen)).values, predictions.values[chosen])
        if reason:
            raise _BatchDiffersError(number, f"after all windows, {reason}")
    return predictions


def _odd_shape(predictions: Predictions, batch: int) -> tuple[int, ...] | None:
    of_one = {shape if batch == 1 else (1, *shape[1:]) for shape in predictions.shapes}
    return max(of_one - {(1, 1)}, default=None)
