"""One zip on several releases: a score of each, and one of all windows together."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import ConfigError, ReleaseError
from submission_builder.base.progress import under
from submission_builder.releases.joined import join_tables
from submission_builder.workflows.evaluate.evaluation import Evaluation, ReleaseSummary, Sample, ScoredWindows
from submission_builder.workflows.evaluate.scoring import with_scores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.base.progress import Progress
    from submission_builder.protocol.challenges import Profile
    from submission_builder.workflows.evaluate.evaluation_set import EvaluationSet
    from submission_builder.workflows.evaluate.job import EvaluationJob


@dataclass(frozen=True)
class JointJob:
    """The evaluation of a zip on several releases, each in a process of its own, as if it were the only one."""

    jobs: tuple[EvaluationJob, ...]
    """One per release."""

    def run(self, path: Path, *, progress: Progress) -> Evaluation:
        """Evaluate one zip on every release, and score all windows together."""
        return together([self._one(job, path, progress) for job in self.jobs], self.jobs[0].evaluation_set.profile)

    def prepare(self, progress: Progress) -> None:
        """Decode the recordings of every release."""
        for job in self.jobs:
            job.prepare(progress)

    def with_threads(self, n: int) -> JointJob:
        """Return the same job with `n` threads per submission."""
        return replace(self, jobs=tuple(job.with_threads(n) for job in self.jobs))

    @staticmethod
    def _one(job: EvaluationJob, path: Path, progress: Progress) -> Evaluation:
        name = job.evaluation_set.name
        evaluation = job.run(path, progress=under(name, progress))
        return evaluation if evaluation.release else replace(evaluation, release=ReleaseSummary(name, simulated=False))


def require_disjoint_subjects(sets: Sequence[EvaluationSet]) -> None:
    """Refuse releases that share subjects, because their windows would count twice.

    Raises
    ------
    ConfigError
        If two releases share a subject.
    """
    subjects = {one: _subjects(one) for one in sets}
    for a, b in combinations(sets, 2):
        shared = sorted(subjects[a] & subjects[b])
        if shared:
            raise ConfigError(
                f"{a.name} and {b.name} share {len(shared)} subjects, such as {shared[0]}; a score of both together "
                "would count their windows twice",
                hint="evaluate one of the two, or each in a command of its own",
            )


def _subjects(one: EvaluationSet) -> set[str]:
    """Return the subjects with a recording; none if the release cannot be read, which its evaluation reports."""
    try:
        tasks = {spec.task for spec in one.profile.challenges.values()}
        return {recording.subject for task in tasks for recording in one.release.recordings(task)}
    except ReleaseError:
        return set()


def together(parts: Sequence[Evaluation], profile: Profile) -> Evaluation:
    """Join the evaluations of one zip on several releases.

    Parameters
    ----------
    parts
        One evaluation per release, at least two.
    profile
        The scoring rules.

    Returns
    -------
    Evaluation
        The scores of all windows together; without scores if a release has none. A fault of the submission or of a
        release has precedence over one of this machine.
    """
    failed = sorted((part for part in parts if not part.ok), key=lambda part: part.fault == "machine")
    joint = replace(
        parts[0],
        outcome=failed[0].outcome if failed else "scored",
        error=failed[0].error if failed else None,
        run=replace(
            parts[0].run,
            wall_s=sum(part.run.wall_s for part in parts),
            replay_s=_sum([part.run.replay_s for part in parts]),
            cached=all(part.run.cached for part in parts),
        ),
        release=_joined_release(parts),
        challenges={},
        overall=None,
        over_subjects=None,
        ideal={},
        batch={number: min(part.batch[number] for part in parts if number in part.batch) for number in parts[0].batch},
        invariance=(),
        precision=(),
        caveats=_joined_caveats(parts),
        cost=None,
        windows={},
        releases=tuple(parts),
    )
    if failed:
        return joint
    windows = {number: _joined_windows([part.windows[number] for part in parts]) for number in parts[0].windows}
    return with_scores(joint, windows, dict.fromkeys(windows, "no release has a window"), profile)


def _joined_release(parts: Sequence[Evaluation]) -> ReleaseSummary:
    releases = [part.release for part in parts if part.release]
    digests = [release.digest for release in releases if release.digest]
    whole = len(digests) == len(parts)
    return ReleaseSummary(
        name=" + ".join(release.name for release in releases),
        simulated=any(release.simulated for release in releases),
        digest=hashlib.sha256("\0".join(digests).encode()).hexdigest() if whole else None,
        sample=_joined_sample(parts) if whole else None,
        left_out=tuple(one for release in releases for one in release.left_out),
    )


def _joined_sample(parts: Sequence[Evaluation]) -> Sample | None:
    samples = [part.release.sample for part in parts if part.release and part.release.sample]
    if not samples:
        return None
    n_windows, of, subjects = Counter[int](), Counter[int](), Counter[int]()
    for part in parts:
        counts = {number: score.n_windows for number, score in part.challenges.items()}
        n_windows.update(counts)
        sample = part.release.sample if part.release else None
        of.update(sample.of if sample else counts)
        scored = {number: score.n_subjects for number, score in part.challenges.items()}
        subjects.update(sample.of_subjects if sample else scored)
    whole = sorted({number for sample in samples for number in sample.whole_recordings})
    return Sample(samples[0].seed, dict(n_windows), dict(of), dict(subjects), tuple(whole))


def _joined_caveats(parts: Sequence[Evaluation]) -> tuple[str, ...]:
    """List every caveat once; one that does not hold for every release names its release."""
    caveats: list[str] = []
    for part in parts:
        for caveat in part.caveats:
            everywhere = all(caveat in other.caveats for other in parts)
            caveats.append(caveat if everywhere or part.release is None else f"{part.release.name}: {caveat}")
    return tuple(dict.fromkeys(caveats))


def _joined_windows(parts: Sequence[ScoredWindows]) -> ScoredWindows:
    first = np.cumsum([0, *(len(part.recordings) for part in parts)])
    return ScoredWindows(
        table=join_tables([part.table for part in parts], first),
        recordings=tuple(name for part in parts for name in part.recordings),
        predictions=np.concatenate([part.predictions for part in parts]),
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
