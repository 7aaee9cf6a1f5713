"""The verbs ``evaluate`` and ``evaluate_many``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.base.errors import ConfigError, ReleaseError
from submission_builder.base.progress import Progress, silent
from submission_builder.harness.runtime import Runtime
from submission_builder.protocol.challenges import DEFAULT_PROFILE, find_profile
from submission_builder.releases.folder import Release
from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet
from submission_builder.workflows.evaluate.job import EvaluationJob
from submission_builder.workflows.evaluate.many import evaluate_each
from submission_builder.workflows.evaluate.references import read_references, require_other_subjects
from submission_builder.workflows.evaluate.together import JointJob, require_disjoint_subjects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from submission_builder.base.jobs import Jobs
    from submission_builder.harness.session import Precision
    from submission_builder.workflows.evaluate.evaluation import Evaluation

    Data = str | Path | Release | EvaluationSet
    """A release."""


def evaluate(
    submission: str | Path,
    data: Data | Sequence[Data] | None = None,
    *,
    profile: str = DEFAULT_PROFILE,
    max_windows: int | None = None,
    skip_unusable: bool = False,
    invariance: bool = False,
    precisions: Sequence[Precision] = (),
    project_to: Mapping[int, int] | None = None,
    reference: Sequence[str | Path | Release] = (),
    runtime: Runtime | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Replay a submission zip on a release, as the server would, and score its predictions.

    A fault of the submission, of the release or of this machine is not raised: it is the ``outcome`` of the result, and
    ``error`` explains it.

    Parameters
    ----------
    submission
        The zip.
    data
        Release folder, an open release, or an :class:`EvaluationSet`, which several calls may share. Several in a list:
        the result is the score of all of them together, and its ``releases`` are the evaluations of each. Without it:
        the simulated release of ``subpack demo``.
    profile
        Scoring rules: ``final``, or ``v3`` for those before 2025-09-02.
    max_windows
        Score a seeded sample of at most this many windows per challenge: of whole recordings if the model keeps
        state.
    skip_unusable
        Leave out recordings that cannot be used, such as truncated ones, instead of ending without a score. The result
        is then a partial score, and says so.
    invariance
        Also predict a sample in other batches, orders, processes and with other threads.
    precisions
        Also predict a sample with matrix products in these precisions: ``fp16``, ``bf16``, ``tf32``.
    project_to
        Also project time and memory to this many windows, by challenge.
    reference
        Other releases, such as those of the training. Baselines without EEG are computed from their targets, ages and
        sexes. Their signals are not read.
    runtime
        Device, limits, isolation, Python, threads, batching and use of the prediction cache.
    progress
        Called with what is being done, how much is done, and how much there is in all.

    Returns
    -------
    Evaluation
        Scores with intervals, caveats, cost and predictions.

    Raises
    ------
    ConfigError
        If there is no such profile, two releases share a subject, or a reference
        shares one with them.
    ServerError
        If ``runtime.server`` names no replica and no Python.

    Examples
    --------
    >>> import submission_builder as sb
    >>> result = sb.evaluate(submission_zip, data=release_folder)
    >>> result.outcome
    'scored'
    >>> 0 < result.challenges[1].nrmse < 100
    True
    """
    (evaluation,) = evaluate_many(
        [submission],
        data,
        profile=profile,
        max_windows=max_windows,
        skip_unusable=skip_unusable,
        invariance=invariance,
        precisions=precisions,
        project_to=project_to,
        reference=reference,
        runtime=runtime,
        progress=progress,
    )
    return evaluation


def evaluate_many(
    submissions: Sequence[str | Path],
    data: Data | Sequence[Data] | None = None,
    *,
    profile: str = DEFAULT_PROFILE,
    max_windows: int | None = None,
    skip_unusable: bool = False,
    invariance: bool = False,
    precisions: Sequence[Precision] = (),
    project_to: Mapping[int, int] | None = None,
    reference: Sequence[str | Path | Release] = (),
    runtime: Runtime | None = None,
    jobs: Jobs | None = None,
    progress: Progress = silent,
) -> tuple[Evaluation, ...]:
    """Evaluate several zips on the same release, some at a time.

    A zip that has no score does not affect the others.

    Parameters
    ----------
    submissions
        The zips; one that is named twice is evaluated once.
    jobs
        Number at a time and backend; None evaluates one after the other.
    data, profile, max_windows, skip_unusable, invariance, precisions, project_to, reference, runtime, progress
        As for :func:`evaluate`.

    Returns
    -------
    tuple of Evaluation
        In the order of `submissions`.

    Raises
    ------
    ConfigError
        If there is no such profile or backend, the backend cannot be reached, or two releases share a subject.
    ServerError
        If ``runtime.server`` names no replica and no Python.

    Examples
    --------
    >>> import submission_builder as sb
    >>> [result.outcome for result in sb.evaluate_many([submission_zip, submission_zip], data=release_folder)]
    ['scored']
    """
    runtime = runtime or Runtime()
    find_profile(profile)
    runtime.replica()  # a wrong `server` is a wrong argument, not an outcome
    sets = evaluation_sets(data, profile, max_windows, progress, skip_unusable=skip_unusable)
    references = read_references(reference, find_profile(profile))
    for one in sets if references else ():
        with contextlib.suppress(ReleaseError):  # a release that cannot be read is an outcome
            require_other_subjects(one.release, references)
    jobs_of_releases = tuple(
        EvaluationJob(one, runtime, invariance, tuple(precisions), project_to, references) for one in sets
    )
    job = jobs_of_releases[0] if len(sets) == 1 else JointJob(jobs_of_releases)
    return evaluate_each(tuple(dict.fromkeys(map(Path, submissions))), job, jobs, progress)


def evaluation_sets(
    data: Data | Sequence[Data] | None,
    profile: str,
    max_windows: int | None,
    progress: Progress,
    *,
    skip_unusable: bool = False,
) -> list[EvaluationSet]:
    """Prepare every release; one that is named twice counts once."""
    if data is None:
        from submission_builder.workflows.demo import demo_release  # noqa: PLC0415 - the simulation takes 1 s to import

        data = demo_release(progress)
    several = [data] if isinstance(data, str | Path | Release | EvaluationSet) else list(data)
    if not several:
        raise ConfigError("data is an empty list; it takes at least one release")
    prepared = (_evaluation_set(item, profile, max_windows, skip_unusable=skip_unusable) for item in several)
    sets = {one.folder: one for one in prepared}
    require_disjoint_subjects(list(sets.values()))
    return list(sets.values())


def _evaluation_set(data: Data, profile: str, max_windows: int | None, *, skip_unusable: bool) -> EvaluationSet:
    if isinstance(data, EvaluationSet):
        return data
    folder = Path(data) if isinstance(data, str | Path) else data.folder
    return EvaluationSet(folder, find_profile(profile), max_windows=max_windows, skip_unusable=skip_unusable)
