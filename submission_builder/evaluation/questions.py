"""From a release to what is asked."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from submission_builder.harness.replay import Question
from submission_builder.releases.store import Store, open_store
from submission_builder.releases.table import Recordings, cut_windows, raise_for, survey

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.progress import Progress
    from submission_builder.protocol.challenges import Profile
    from submission_builder.releases.folder import Release


def open_questions(
    release: Release, profile: Profile, cache: Path, progress: Progress
) -> tuple[dict[int, Question], str]:
    """Lay out the windows of every challenge; recordings are decoded if no store holds them yet.

    Parameters
    ----------
    release
        The recordings and labels.
    profile
        The scoring rules.
    cache
        Where recording stores are kept.
    progress
        Told of the recordings decoded.

    Returns
    -------
    questions
        By number of the challenge.
    digest
        sha256 over labels and recordings.

    Raises
    ------
    ReleaseError
        If a recording cannot be used; the server uses all.
    """
    surveyed: dict[str, Recordings] = {}
    for spec in profile.challenges.values():
        if spec.task not in surveyed:
            surveyed[spec.task] = survey(release.recordings(spec.task))
            surveyed[spec.task].raise_if_left_out()
    tables = {}
    for number, spec in profile.challenges.items():
        tables[number], left_out = cut_windows(release, spec, surveyed[spec.task])
        raise_for(left_out)
    stores: dict[str, Store] = {task: open_store(recordings, cache, progress) for task, recordings in surveyed.items()}
    digest = hashlib.sha256(release.labels_digest().encode())
    for task in sorted(stores):
        digest.update(f"{task}\0{stores[task].digest}".encode())
    questions = {number: Question(tables[number], stores[spec.task]) for number, spec in profile.challenges.items()}
    return questions, digest.hexdigest()
