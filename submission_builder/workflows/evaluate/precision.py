"""The effect of lower precision: a sample of windows is predicted with matrix products in fewer bits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from submission_builder.workflows.evaluate.invariance import compare, sample_each

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from submission_builder.base.progress import Progress
    from submission_builder.harness.session import Precision, Session
    from submission_builder.protocol.challenges import Profile
    from submission_builder.releases.challenge_windows import ChallengeWindows
    from submission_builder.workflows.evaluate.invariance import VariantResult


def try_precisions(
    session: Session,
    windows: Mapping[int, ChallengeWindows],
    precisions: Sequence[Precision],
    profile: Profile,
    progress: Progress,
) -> tuple[tuple[VariantResult, ...], tuple[str, ...]]:
    """Predict a sample of each challenge in float32 and in each precision.

    Returns
    -------
    results
        By challenge, then precision; float32 is the reference.
    overflows
        Modules in which a product exceeded the range of its precision, such as ``challenge 1, fp16: head (linear)``.

    Raises
    ------
    SubmissionError
        If the predictions in float32 fail.
    """
    samples = sample_each(windows)
    sites: dict[tuple[int, str], tuple[str, ...]] = {}

    def predict(number: int, precision: Precision | None) -> NDArray[np.float64]:
        session.load(number, precision=precision)
        what = f"challenge {number} in {precision or 'float32'}"
        try:
            return session.predict(samples[number], what=what, progress=progress).values
        finally:
            sites[number, str(precision)] = session.report().overflows

    session.restart()
    results: list[VariantResult] = []
    for number in sorted(samples):
        variants = {"float32": partial(predict, number, None)} | {p: partial(predict, number, p) for p in precisions}
        results += compare(session, number, samples[number], variants, profile)
    overflows = [f"challenge {n}, {name}: {', '.join(modules)}" for (n, name), modules in sites.items() if modules]
    return tuple(results), tuple(overflows)
