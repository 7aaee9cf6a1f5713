"""From scores and the manifest of a zip to diagnoses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from model_zoo.card import digest_subjects
from submission_builder.diagnostics.bounds import bound
from submission_builder.diagnostics.zips import zip_diagnoses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from submission_builder.protocol.challenges import Profile
    from submission_builder.releases.folder import Release
    from submission_builder.workflows.evaluate.evaluation import Evaluation


def diagnosed(evaluation: Evaluation, release: Release, profile: Profile) -> Evaluation:
    """Add the diagnoses of every challenge.

    Parameters
    ----------
    evaluation
        With scores and the manifest.
    release
        The release that was scored.
    profile
        The scoring rules. Best plausible scores are known for the standard deviation as denominator only.
    """
    found = []
    for number, score in evaluation.challenges.items():
        trained = list(_trained(evaluation.manifest, number))
        subjects = {digest for one in trained for digest in _texts(one.get("subjects"))}
        labels = {item.get("labels_digest") for one in trained for item in _objects(one.get("data"))}
        plausible = bound(number, [evaluation.ideal.get(number)], n_simulated=int(release.simulated))
        found += zip_diagnoses(
            profile.challenges[number],
            score,
            plausible if profile.denominator == "std" else None,
            trained_subjects=len(subjects.intersection(digest_subjects(evaluation.windows[number].table.subject))),
            trained_release=release.name if release.labels_digest in labels else None,
        )
    return replace(evaluation, diagnoses=tuple(found))


def _trained(manifest: Mapping[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """Yield the training of each net of a challenge. The content of a manifest is not trusted."""
    challenges = manifest.get("challenges")
    entry = challenges.get(str(number)) if isinstance(challenges, dict) else None
    members = entry.get("members") if isinstance(entry, dict) else None
    for member in _objects(members):
        trained = member.get("trained")
        if isinstance(trained, dict):
            yield trained


def _objects(items: object) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _texts(items: object) -> list[str]:
    return [item for item in items if isinstance(item, str)] if isinstance(items, list) else []
