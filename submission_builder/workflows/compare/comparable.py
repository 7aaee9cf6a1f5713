"""Refuses to compare numbers that mean different things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import ScoreError
from submission_builder.protocol.challenges import find_profile
from submission_builder.protocol.definitions import differences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.workflows.evaluate.evaluation import Evaluation


def require_comparable(evaluations: Sequence[Evaluation]) -> None:
    """Require the same profile, the same releases and the same windows.

    Parameters
    ----------
    evaluations
        Scored evaluations.

    Raises
    ------
    ScoreError
        If two of them differ; the message says how.
    """
    first = evaluations[0]
    for other in evaluations[1:]:
        reasons = _profiles(first, other) or _releases(first, other) or _windows(first, other)
        if reasons:
            raise ScoreError(
                f"the scores of {first.path} and {other.path} cannot be compared: {'; '.join(reasons)}",
                hint="evaluate both zips with the same --data, --profile and --max-windows",
            )


def _profiles(first: Evaluation, second: Evaluation) -> list[str]:
    if first.profile == second.profile:
        return []
    return differences(find_profile(first.profile), find_profile(second.profile))


def _releases(first: Evaluation, second: Evaluation) -> list[str]:
    names = [[part.release.name if part.release else "?" for part in one.parts] for one in (first, second)]
    digests = [[part.release.digest if part.release else None for part in one.parts] for one in (first, second)]
    if digests[0] == digests[1]:
        return []
    if names[0] == names[1]:
        return [f"{', '.join(names[0])} had other labels or recordings when the second was scored"]
    return [f"the first was scored on {', '.join(names[0])} and the second on {', '.join(names[1])}"]


def _windows(first: Evaluation, second: Evaluation) -> list[str]:
    """Compare the windows; they differ if one of the two is scored on a sample."""
    reasons = []
    for number in sorted(first.windows.keys() & second.windows.keys()):
        a, b = first.windows[number].table, second.windows[number].table
        if not (np.array_equal(a.recording, b.recording) and np.array_equal(a.start, b.start)):
            reasons.append(
                f"challenge {number} has {len(a):,} windows in the first and {len(b):,} others in the second"
            )
    return reasons
