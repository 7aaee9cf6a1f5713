"""Invariance checks: a sample of windows is predicted in other batches, orders, processes and with other threads.

The predictions of a model that computes each window on its own do not change.
"""

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

    Predict = Callable[[], NDArray[np.float64]]

N_WINDOWS = 256
"""Windows of each challenge in the sample, evenly spread over the release."""

_BATCHES = (7, 64)
_THREADS = (1, 2)
_SEED = 0


@dataclass(frozen=True)
class VariantResult:
    """The predictions of a sample under one variant, compared with the reference."""

    challenge: int
    variant: str
    """Such as ``batches of 7``; the first variant of a challenge is the reference."""
    nrmse: float | None
    """Of the sample; None if the run failed or the sample's targets do not vary."""
    effect: float | None
    """nrmse minus the reference's nrmse."""
    largest: float | None
    """Largest change of a prediction."""
    outcome: str = "scored"
    """A key of :data:`submission_builder.sandbox.outcomes.OUTCOMES`."""


def check_invariance(
    session: Session,
    windows: Mapping[int, ChallengeWindows],
    profile: Profile,
    progress: Progress,
    replayed: Mapping[int, NDArray[np.float64]] | None = None,
) -> tuple[VariantResult, ...]:
    """Predict a sample of each challenge under every variant.

    Parameters
    ----------
    session
        The submission; its process is restarted.
    windows
        By challenge; a challenge without windows is left out.
    profile
        Scoring rules.
    progress
        Called with the number of windows predicted.
    replayed
        The predictions of the replay by challenge, which are compared too: a submission can behave differently in the
        replay, in which it has seen a sample before. None compares none.

    Raises
    ------
    SubmissionError
        If the reference itself fails.
    """
    samples, results = sample_each(windows), list[VariantResult]()
    for number, sample in sorted(samples.items()):
        reference, *others = _variants(session, number, samples, progress).items()
        of_replay = replayed[number][windows[number].sample(N_WINDOWS)] if replayed else None
        earlier = {} if of_replay is None else {"in the replay": partial(np.copy, of_replay)}
        results += compare(session, number, sample, dict([reference]) | earlier | dict(others), profile)
    return tuple(results)


def sample_each(windows: Mapping[int, ChallengeWindows]) -> dict[int, ChallengeWindows]:
    """Sample the windows of each challenge that has any."""
    return {n: of_one.select(of_one.sample(N_WINDOWS)) for n, of_one in windows.items() if len(of_one)}


def compare(
    session: Session, number: int, sample: ChallengeWindows, variants: Mapping[str, Predict], profile: Profile
) -> Iterator[VariantResult]:
    """Predict a sample under each variant; the first variant is the reference."""
    reference: NDArray[np.float64] | None = None
    for variant, predict in variants.items():
        try:
            predictions = predict()
        except SubmissionError as error:
            if reference is None:
                raise
            yield VariantResult(number, variant, None, None, None, error.outcome)
            session.restart()
            continue
        reference = predictions if reference is None else reference
        score, of_reference = (_nrmse(sample, values, profile) for values in (predictions, reference))
        effect = score - of_reference if score is not None and of_reference is not None else None
        yield VariantResult(number, variant, score, effect, float(np.abs(predictions - reference).max()))


def _nrmse(sample: ChallengeWindows, predictions: NDArray[np.float64], profile: Profile) -> float | None:
    """Score a sample; None if its targets do not vary."""
    try:
        return nrmse(sample.table.target, predictions, denominator=profile.denominator)
    except ScoreError:
        return None


def _variants(
    session: Session, number: int, samples: Mapping[int, ChallengeWindows], progress: Progress
) -> dict[str, Predict]:
    windows = np.stack(samples[number][:])
    order = np.random.default_rng(_SEED).permutation(len(windows))

    def predict(batch: int = 1) -> NDArray[np.float64]:
        what = f"invariance checks of challenge {number}"
        return session.predict(windows, batch, what=what, progress=progress).values

    def fresh(threads: int | None = None) -> NDArray[np.float64]:
        session.restart(threads)
        session.load(number)
        return predict()

    def batches(size: int) -> NDArray[np.float64]:
        session.load(number)
        return predict(size)

    def shuffled() -> NDArray[np.float64]:
        session.load(number)
        values = np.empty(len(windows), np.float64)
        values[order] = session.predict(windows[order]).values
        return values

    def after(other: int) -> NDArray[np.float64]:
        session.restart()
        session.load(other)
        session.predict(samples[other])
        session.load(number)
        return predict()

    return {
        "single windows, in order": fresh,
        "repeated": predict,
        **{f"batches of {size}": partial(batches, size) for size in _BATCHES},
        "shuffled": shuffled,
        "new process": fresh,
        **{f"{n} thread{'s' * (n > 1)}": partial(fresh, n) for n in _THREADS},
        **{f"after challenge {other}": partial(after, other) for other in samples if other != number},
    }
