"""Ask a submission what the server would ask it: one window at a time, or faster where that is the same.

Before the replay a sample of each challenge is asked three times: one by one, in one batch, and one by one in
reverse. Where all predictions_match, the challenge is asked in batches. Otherwise, and where a submission says that it keeps
state, every window is asked one by one, in a fresh process that has seen no sample.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.progress import Progress, silent
from submission_builder.harness.batch_equivalence import differs, unbatchable_reason
from submission_builder.harness.meter import ChallengeCost, CostMeter
from submission_builder.harness.slots import SLOT_WINDOWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from submission_builder.harness.session import Predictions, Session
    from submission_builder.releases.challenge_windows import ChallengeWindows
    from submission_builder.sandbox.isolation import Level

_FEW = 4 * SLOT_WINDOWS
_LATE = 16


@dataclass(frozen=True)
class Replay:
    """What a submission predicted.

    Attributes
    ----------
    predictions
        By number of the challenge, each of shape ``(n_windows,)``.
    isolation
        Level of isolation that the run had.
    network
        Places that the submission reached for through Python's sockets, reached or not.
    shapes
        A shape of the predictions to one window that is not (1, 1), by challenge; the scorer drops what lies beyond
        [0][0].
    batch
        Windows that were asked together, by challenge.
    unbatched
        Why a challenge was asked one by one, by challenge.
    wall_s
        Seconds that the run took, loading included.
    costs
        What each challenge cost.
    peak
        Bytes that the process and all that it started held at most, as seen ten times a second.
    """

    predictions: dict[int, NDArray[np.float64]]
    isolation: Level
    network: tuple[str, ...]
    shapes: dict[int, tuple[int, ...]]
    batch: dict[int, int]
    unbatched: dict[int, str]
    wall_s: float
    costs: dict[int, ChallengeCost]
    peak: int


class _BatchDiffers(Exception):  # noqa: N818 - a finding, not an error
    """After a replay in batches, single windows get other predictions."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number


def replay(
    session: Session,
    questions: Mapping[int, ChallengeWindows],
    *,
    unbatched: Mapping[int, str] | None = None,
    progress: Progress = silent,
) -> Replay:
    """Ask a submission every window of every challenge, in the server's order.

    Challenge 1 is finished before challenge 2's model is built. A challenge without windows still has its
    model built, as the server would.

    Parameters
    ----------
    session
        The submission, nothing asked yet.
    questions
        The windows by number of the challenge.
    unbatched
        Challenges to ask one window at a time, as the server does, each with the reason; of the others, this is
        found out.
    progress
        Told of the windows predicted.

    Raises
    ------
    SubmissionError
        If the run ends in anything but predictions; its ``outcome`` says how.
    """
    began = time.monotonic()
    reasons = dict(unbatched or {})
    costs = {number: ChallengeCost() for number in questions}
    for number, question in sorted(questions.items()):
        if number not in reasons and len(question) > _FEW:
            sample = np.stack(question.select(question.sample(SLOT_WINDOWS))[:])
            if reason := unbatchable_reason(session, number, sample, costs[number].single_windows, progress):
                reasons[number] = reason
    fresh = reasons == (unbatched or {})
    while True:
        if not fresh:
            session.restart()
        batch = {n: 1 if n in reasons or len(q) <= _FEW else SLOT_WINDOWS for n, q in questions.items()}
        try:
            predicted = {n: _ask(session, n, questions[n], batch[n], costs[n], progress) for n in sorted(questions)}
        except _BatchDiffers as found:
            reasons[found.number], fresh = str(found), False
        else:
            break
    return Replay(
        predictions={n: prediction.values for n, prediction in predicted.items()},
        isolation=session.level,
        network=session.report().network,
        shapes={n: shape for n, prediction in predicted.items() if (shape := _odd_shape(prediction, batch[n]))},
        batch=batch,
        unbatched=reasons,
        wall_s=time.monotonic() - began,
        costs=costs,
        peak=session.peak(),
    )


def _ask(
    session: Session, number: int, question: ChallengeWindows, batch: int, cost: ChallengeCost, progress: Progress
) -> Predictions:
    """Replay one challenge; after a replay in batches, hold some windows against it, asked alone."""
    session.load(number)
    meter = CostMeter(session.memory, progress)
    predictions = session.predict(question, batch, progress=meter)
    cost.load_s, cost.memory = session.load_s[number], meter.memory
    if batch == 1:
        cost.single_windows = meter.blocks
    else:
        late = question.sample(_LATE)
        reason = differs(session.predict(question.select(late)).values, predictions.values[late])
        if reason:
            raise _BatchDiffers(number, f"after all windows, {reason}")
    return predictions


def _odd_shape(predictions: Predictions, batch: int) -> tuple[int, ...] | None:
    of_one = {shape if batch == 1 else (1, *shape[1:]) for shape in predictions.shapes}
    return max(of_one - {(1, 1)}, default=None)
