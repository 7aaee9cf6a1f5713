"""The precision rehearsal: what fewer bits in the matrix products would do to the score."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from submission_builder.workflows.evaluate.invariance import N_WINDOWS, InvarianceResult, trials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from submission_builder.base.progress import Progress
    from submission_builder.harness.session import Precision, Session
    from submission_builder.protocol.challenges import Profile
    from submission_builder.releases.challenge_windows import ChallengeWindows


def rehearse(
    session: Session,
    questions: Mapping[int, ChallengeWindows],
    precisions: Sequence[Precision],
    profile: Profile,
    progress: Progress,
) -> tuple[tuple[InvarianceResult, ...], tuple[str, ...]]:
    """Ask a sample of each challenge in float32 and in each precision.

    Returns
    -------
    trials
        By challenge, then precision; float32 is the reference.
    overflows
        Modules in which a product left the range of its precision, in words.

    Raises
    ------
    SubmissionError
        If float32 does not end in predictions.
    """
    samples = {n: question.select(question.sample(N_WINDOWS)) for n, question in questions.items() if len(question)}
    sites: dict[tuple[int, str], tuple[str, ...]] = {}

    def ask(number: int, precision: Precision | None) -> NDArray[np.float64]:
        session.load(number, precision=precision)
        what = f"{precision or 'float32'} rehearsal of challenge {number}"
        try:
            return session.predict(samples[number], what=what, progress=progress).values
        finally:
            sites[number, str(precision)] = session.report().overflows

    session.restart()
    done = [
        trial
        for number in sorted(samples)
        for trial in trials(
            session,
            number,
            samples[number],
            {"float32": partial(ask, number, None)} | {name: partial(ask, number, name) for name in precisions},
            profile,
        )
    ]
    overflows = [f"challenge {n}, {name}: {', '.join(modules)}" for (n, name), modules in sites.items() if modules]
    return tuple(done), tuple(overflows)
