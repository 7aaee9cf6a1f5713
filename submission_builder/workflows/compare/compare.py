"""The verb ``compare``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.base.errors import ConfigError, ScoreError
from submission_builder.base.progress import Progress, silent
from submission_builder.protocol.challenges import DEFAULT_PROFILE
from submission_builder.scores.best_of import best_of
from submission_builder.scores.interval import difference
from submission_builder.workflows.compare.comparable import require_comparable
from submission_builder.workflows.compare.comparison import Candidate, Comparison
from submission_builder.workflows.compare.members import member_contributions
from submission_builder.workflows.compare.plan import Standing, plan_submissions
from submission_builder.workflows.evaluate.evaluate import evaluate_many
from submission_builder.workflows.evaluate.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.base.jobs import Jobs
    from submission_builder.harness.runtime import Runtime
    from submission_builder.scores.interval import Difference, OverSubjects
    from submission_builder.workflows.evaluate.evaluate import Data

OVERALL = "overall"


def compare(
    submissions: Sequence[str | Path | Evaluation],
    data: Data | Sequence[Data] | None = None,
    *,
    profile: str = DEFAULT_PROFILE,
    max_windows: int | None = None,
    left_today: int | None = None,
    members: bool = False,
    runtime: Runtime | None = None,
    jobs: Jobs | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Compare zips on the same subjects: paired differences, the optimism of the best, and a plan for submissions.

    Parameters
    ----------
    submissions
        Zips, or evaluations that have their predictions. A zip is evaluated; cached predictions are reused.
    left_today
        Submissions that are left today; None for no limit. On the server, failed submissions do not count and cancelled
        ones do.
    members
        Whether to evaluate each ensemble also without each of its members.
    data, profile, max_windows, runtime, jobs, progress
        As for :func:`submission_builder.evaluate_many`.

    Returns
    -------
    Comparison
        The zips, best first.

    Raises
    ------
    ConfigError
        If there is nothing to compare, or as for :func:`submission_builder.evaluate_many`.
    ScoreError
        If profiles, releases or windows differ, or no zip has a score.

    Examples
    --------
    >>> import submission_builder as sb
    >>> result = sb.compare([submission_zip], data=release_folder, left_today=2)
    >>> result.ranked_by, len(result.plan)
    ('overall', 1)
    """
    if not submissions:
        raise ConfigError("there is nothing to compare; name at least one zip")
    paths = [Path(one) for one in submissions if not isinstance(one, Evaluation)]
    evaluate_zips = partial(
        evaluate_many,
        data=data,
        profile=profile,
        max_windows=max_windows,
        runtime=runtime,
        jobs=jobs,
        progress=progress,
    )
    evaluated = evaluate_zips(paths) if paths else ()
    evaluations = [*(one for one in submissions if isinstance(one, Evaluation)), *evaluated]
    scored, failed = [one for one in evaluations if one.ok], tuple(one for one in evaluations if not one.ok)
    result = compare_evaluations(scored, failed, left_today=left_today)
    if not members:
        return result
    return replace(result, members=member_contributions(result.candidates, evaluate_zips))


def compare_evaluations(
    evaluations: Sequence[Evaluation], failed: tuple[Evaluation, ...] = (), *, left_today: int | None = None
) -> Comparison:
    """Compare scored evaluations.

    Parameters
    ----------
    evaluations
        With scores and predictions.
    failed
        Without a score; they are passed on.
    left_today
        As for :func:`compare`.

    Raises
    ------
    ScoreError
        If profiles, releases or windows differ, or there is no score.
    """
    if not evaluations:
        reasons = "".join(f"\n  {one.path}: {one.outcome}: {one.error}" for one in failed if one.error)
        raise ScoreError(f"no zip has a score, so there is nothing to compare{reasons}")
    require_comparable(evaluations)
    scores = [_scores(one) for one in evaluations]
    keys = [key for key in (OVERALL, *sorted(scores[0])) if all(key in one for one in scores)]
    if not keys:
        raise ScoreError("no challenge has a score, so there is nothing to compare")
    ranked_by = keys[0]
    order = sorted(range(len(scores)), key=lambda i: scores[i][ranked_by])
    best = evaluations[order[0]]
    candidates = tuple(_candidate(evaluations[i], scores[i], best if rank else None) for rank, i in enumerate(order))
    standings = [Standing(one.path, one.over_subjects.get(ranked_by), one.to_best.get(ranked_by)) for one in candidates]
    shared = [key for key in candidates[0].over_subjects if key in keys]
    return Comparison(
        candidates=candidates,
        ranked_by=ranked_by,
        best_of={key: best_of([one.over_subjects[key].jackknife for one in candidates]) for key in shared},
        plan=plan_submissions(standings, left_today),
        failed=failed,
    )


def paired_differences(first: Evaluation, second: Evaluation) -> dict[str, Difference]:
    """Compare two scored evaluations by challenge and overall, first minus second.

    Parameters
    ----------
    first, second
        Evaluations that :func:`require_comparable` accepts.

    Returns
    -------
    dict[str, Difference]
        By ``challenge1``, ``challenge2`` and ``overall``; a score without an interval has none.
    """
    a, b = _over_subjects(first), _over_subjects(second)
    return {key: difference(a[key].jackknife, b[key].jackknife) for key in b if key in a}


def _scores(evaluation: Evaluation) -> dict[str, float]:
    scores = {f"challenge{n}": score.nrmse for n, score in evaluation.challenges.items() if score.nrmse is not None}
    return scores | ({OVERALL: evaluation.overall} if evaluation.overall is not None else {})


def _over_subjects(evaluation: Evaluation) -> dict[str, OverSubjects]:
    found = {f"challenge{n}": score.over_subjects for n, score in evaluation.challenges.items()}
    return {key: one for key, one in {**found, OVERALL: evaluation.over_subjects}.items() if one is not None}


def _candidate(evaluation: Evaluation, scores: dict[str, float], best: Evaluation | None) -> Candidate:
    """Describe a zip beside the best one; None if it is the best itself."""
    to_best = paired_differences(evaluation, best) if best else {}
    return Candidate(evaluation, scores, _over_subjects(evaluation), to_best)
