"""Reads the targets of other releases, and scores baselines beside a zip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from submission_builder.base.errors import ConfigError
from submission_builder.protocol.trials import trial_table
from submission_builder.releases.folder import Release, open_release
from submission_builder.scores.baselines import TRAIN_MEAN
from submission_builder.scores.subject_baselines import (
    AGE_SEX,
    SUBJECT_MEAN,
    Reference,
    SubjectTable,
    compare_with_baseline,
    subject_mean,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from submission_builder.protocol.challenges import ChallengeSpec, Profile
    from submission_builder.protocol.windows import WindowTable
    from submission_builder.workflows.evaluate.evaluation import Evaluation


@dataclass(frozen=True, eq=False)
class References:
    """Other releases, from whose targets baselines predict."""

    releases: tuple[Release, ...]
    by_challenge: dict[int, Reference]
    """A challenge without targets in these releases is absent."""


def read_references(folders: Sequence[str | Path | Release], profile: Profile) -> References | None:
    """Read the targets, ages and sexes of the subjects of other releases. Signals are not read.

    Parameters
    ----------
    folders
        Release folders; None of them gives None.
    profile
        The scoring rules.

    Raises
    ------
    ReleaseError
        If a folder is no release, or its events or scores cannot be read.
    """
    releases = tuple(one if isinstance(one, Release) else open_release(one) for one in folders)
    if not releases:
        return None
    found = {number: _reference(releases, spec) for number, spec in profile.challenges.items()}
    return References(releases, {number: one for number, one in found.items() if len(one.target)})


def with_baselines(
    evaluation: Evaluation, release: Release, references: References | None, profile: Profile
) -> Evaluation:
    """Add the baselines of every challenge.

    Parameters
    ----------
    evaluation
        With scores and windows.
    release
        The release that was scored.
    references
        Other releases; None leaves the baselines that need them out.
    profile
        The scoring rules.

    """
    challenges = {}
    for number, score in evaluation.challenges.items():
        table, model = evaluation.windows[number].table, score.over_subjects
        predictions = _predictions(profile.challenges[number], table, release, references) if score.nrmse else ()
        found = {
            name: compare_with_baseline(
                table, values, model.jackknife if model else None, denominator=profile.denominator
            )
            for name, values in predictions
        }
        challenges[number] = replace(score, baselines=found)
    return replace(evaluation, challenges=challenges)


def require_other_subjects(release: Release, references: References | None) -> None:
    """Require that no reference shares subjects with the release that is scored.

    Parameters
    ----------
    release
        The release that is scored.
    references
        Other releases.

    Raises
    ------
    ConfigError
        If a reference shares subjects with it.
    """
    for other in references.releases if references else ():
        shared = sorted(set(release.participants.index) & set(other.participants.index))
        if shared:
            raise ConfigError(
                f"{other.name} shares {len(shared):,} subjects with {release.name}, such as {shared[0]}; a reference "
                "has other subjects than the release that is scored"
            )


def _predictions(
    spec: ChallengeSpec, table: WindowTable, release: Release, references: References | None
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    reference = references.by_challenge.get(spec.number) if references else None
    if reference:
        yield TRAIN_MEAN, np.full(len(table), reference.mean)
        names, who = np.unique(table.subject, return_inverse=True)
        if np.isfinite(reference.subjects.age).any():
            yield AGE_SEX, reference.predict(_subjects(release, names.tolist()))[who]
    if spec.locked_to_stimulus:
        yield SUBJECT_MEAN, subject_mean(table)


def _reference(releases: Sequence[Release], spec: ChallengeSpec) -> Reference:
    parts = [(release, _targets(release, spec)) for release in releases]
    tables = [_subjects(release, list(targets)) for release, targets in parts]
    values = [value for _, targets in parts for value in targets.values()]
    return Reference(
        SubjectTable(*(np.concatenate([getattr(one, name) for one in tables]) for name in ("age", "male"))),
        np.array([mean for mean, _ in values]),
        np.array([weight for _, weight in values]),
    )


def _targets(release: Release, spec: ChallengeSpec) -> dict[str, tuple[float, float]]:
    """Return the mean target of each subject and its weight."""
    if not spec.locked_to_stimulus:
        return {subject: (value, 1.0) for subject, value in release.factor(spec.target).items()}
    times: dict[str, list[NDArray[np.float64]]] = {}
    for recording in release.recordings(spec.task):
        events = recording.events()
        complete = trial_table(events.onset, events.value).complete().response_time
        times.setdefault(recording.subject, []).append(np.asarray(complete, np.float64))
    pooled = {subject: np.concatenate(parts) for subject, parts in times.items()}
    return {subject: (float(all_.mean()), float(len(all_))) for subject, all_ in pooled.items() if len(all_)}


def _subjects(release: Release, names: list[str]) -> SubjectTable:
    rows = release.participants.reindex(names)
    age = pd.to_numeric(rows["age"], errors="coerce") if "age" in rows else pd.Series(np.nan, rows.index)
    sex = rows["sex"].map({"M": 1.0, "F": 0.0}) if "sex" in rows else pd.Series(np.nan, rows.index)
    return SubjectTable(np.asarray(age, np.float64), np.asarray(sex, np.float64))
