"""The invariance invariance: a sample asked in other ways, each of which a good model does not notice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import ScoreError, SubmissionError
from submission_builder.protocol.metrics import nrmse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from submission_builder.base.progress import Progress
    from submission_builder.harness.session import Session
    from submission_builder.protocol.challenges import Profile
    from submission_builder.releases.challenge_windows import ChallengeWindows

    Asked = NDArray[np.float64]

N_WINDOWS = 256
"""Windows of each challenge that are asked; from all over the release, in order."""

_BATCHES = (7, 64)
_THREADS = (1, 2)
_SEED = 0


@dataclass(frozen=True)
class InvarianceResult:
    """What came of asking in another way.

    Attributes
    ----------
    challenge, way
        What was asked, and how.
    nrmse
        Of the sample; None where it did not end in predictions, or the sample's targets do not vary.
    effect
        nrmse over that of the reference.
    largest
        Largest change of an prediction.
    outcome
        ``scored``, or how it ended.
    """

    challenge: int
    way: str
    nrmse: float | None
    effect: float | None
    largest: float | None
    outcome: str = "scored"


def invariance(
    session: Session, questions: Mapping[int, ChallengeWindows], profile: Profile, progress: Progress
) -> tuple[InvarianceResult, ...]:
    """Ask a sample of each challenge in every way.

    Parameters
    ----------
    session
        The submission; its process is started anew.
    questions
        The windows by number of the challenge; one without windows is left out.
    profile
        The scoring rules.
    progress
        Told of the windows predicted.

    Raises
    ------
    SubmissionError
        If even the reference does not end in predictions.
    """
    samples = {n: question.select(question.sample(N_WINDOWS)) for n, question in questions.items() if len(question)}
    return tuple(
        trial
        for number in sorted(samples)
        for trial in trials(session, number, samples[number], _ways(session, number, samples, progress), profile)
    )


def trials(
    session: Session, number: int, sample: ChallengeWindows, ways: Mapping[str, Callable[[], Asked]], profile: Profile
) -> Iterator[InvarianceResult]:
    """Ask in each way; the first is the reference of the others."""
    reference: Asked | None = None
    for way, ask in ways.items():
        try:
            values = ask()
        except SubmissionError as error:
            if reference is None:
                raise
            yield InvarianceResult(number, way, None, None, None, error.outcome)
            session.restart()
            continue
        reference = values if reference is None else reference
        score, of_reference = (_nrmse(sample, predictions, profile) for predictions in (values, reference))
        effect = score - of_reference if score is not None and of_reference is not None else None
        yield InvarianceResult(number, way, score, effect, float(np.abs(values - reference).max()))


def _nrmse(sample: ChallengeWindows, predictions: Asked, profile: Profile) -> float | None:
    """Score a sample; None where its targets do not vary."""
    try:
        return nrmse(sample.table.target, predictions, denominator=profile.denominator)
    except ScoreError:
        return None


def _ways(
    session: Session, number: int, samples: Mapping[int, ChallengeWindows], progress: Progress
) -> dict[str, Callable[[], Asked]]:
    windows = np.stack(samples[number][:])
    order = np.random.default_rng(_SEED).permutation(len(windows))

    def ask(batch: int = 1) -> Asked:
        return session.predict(windows, batch, what=f"probe of challenge {number}", progress=progress).values

    def fresh(threads: int | None = None) -> Asked:
        session.restart(threads)
        session.load(number)
        return ask()

    def batches(size: int) -> Asked:
        session.load(number)
        return ask(size)

    def shuffled() -> Asked:
        session.load(number)
        values = np.empty(len(windows), np.float64)
        values[order] = session.predict(windows[order]).values
        return values

    def after(other: int) -> Asked:
        session.restart()
        session.load(other)
        session.predict(samples[other])
        session.load(number)
        return ask()

    return {
        "one by one, in order": fresh,
        "the same again": ask,
        **{f"in batches of {size}": partial(batches, size) for size in _BATCHES},
        "shuffled": shuffled,
        "in a fresh process": fresh,
        **{f"with {n} thread{'s' * (n > 1)}": partial(fresh, n) for n in _THREADS},
        **{f"after challenge {other}": partial(after, other) for other in samples if other != number},
    }
