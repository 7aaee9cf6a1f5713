"""What each member of an ensemble contributes: the ensemble is evaluated without it."""

from __future__ import annotations

import json
import math
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.zip_file import open_zip
from submission_builder.protocol.manifest import MANIFEST, read_manifest
from submission_builder.scores.interval import difference
from submission_builder.workflows.compare.comparison import MemberContribution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from submission_builder.workflows.compare.comparison import Candidate
    from submission_builder.workflows.evaluate.evaluation import Evaluation


def member_contributions(
    candidates: Sequence[Candidate], evaluate: Callable[[Sequence[Path]], Sequence[Evaluation]]
) -> tuple[MemberContribution, ...]:
    """Evaluate every ensemble without each of its members; the weights of the others are scaled to the sum 1.

    Parameters
    ----------
    candidates
        Scored zips. A zip that subpack did not build has no list of members and no contributions.
    evaluate
        Evaluates zips as the candidates were evaluated.
    """
    with tempfile.TemporaryDirectory(prefix="subpack-members-") as folder:
        left_out = [
            (candidate, number, entry, i, _write_without(candidate.path, number, i, Path(folder)))
            for candidate in candidates
            for number, entry in _ensembles(candidate.path).items()
            for i in range(len(entry["members"]))
        ]
        evaluations = evaluate([path for *_, path in left_out]) if left_out else ()
        by_path = {evaluation.path: evaluation for evaluation in evaluations}
        return tuple(
            _contribution(candidate, number, entry, i, by_path[path]) for candidate, number, entry, i, path in left_out
        )


def _contribution(
    candidate: Candidate, number: int, entry: dict[str, Any], i: int, rest: Evaluation
) -> MemberContribution:
    score, whole = rest.challenges.get(number), candidate.over_subjects.get(f"challenge{number}")
    of_rest = score.over_subjects if score else None
    return MemberContribution(
        path=candidate.path,
        challenge=number,
        member=f"{i + 1} {_name(entry['members'][i])}",
        weight=float(entry["weights"][i]),
        without=score.nrmse if score else None,
        difference=difference(whole.jackknife, of_rest.jackknife) if whole and of_rest else None,
    )


def _ensembles(path: Path) -> dict[int, dict[str, Any]]:
    """Return the entries of the manifest with several members, by challenge."""
    with open_zip(path) as archive:
        entries = read_manifest(archive).get("challenges")
    described = entries.items() if isinstance(entries, dict) else ()
    return {
        int(number): entry
        for number, entry in described
        if number in ("1", "2") and isinstance(entry, dict) and _is_ensemble(entry.get("members"), entry.get("weights"))
    }


def _is_ensemble(members: object, weights: object) -> bool:
    """Whether a manifest, which can be forged, names several members that the others can do without."""
    return (
        isinstance(members, list)
        and isinstance(weights, list)
        and len(members) == len(weights) > 1
        and all(isinstance(member, dict) for member in members)
        and all(isinstance(weight, int | float) and math.isfinite(weight) for weight in weights)
        and all(sum(weights) - weight > 0 for weight in weights)
    )


def _name(member: dict[str, Any]) -> str:
    return next((str(member[key]) for key in ("architecture", "class", "weights") if member.get(key)), "net")


def _write_without(path: Path, number: int, i: int, folder: Path) -> Path:
    """Copy a zip with a manifest in which one member of a challenge is missing."""
    out = folder / f"{len(list(folder.iterdir())):03}.zip"
    with open_zip(path) as archive, zipfile.ZipFile(out, "w") as copy:
        manifest = read_manifest(archive)
        entry = manifest["challenges"][str(number)]
        weights = [weight for j, weight in enumerate(entry["weights"]) if j != i]
        entry["members"] = [member for j, member in enumerate(entry["members"]) if j != i]
        entry["weights"] = [weight / sum(weights) for weight in weights]
        for info in archive.infolist():
            copy.writestr(info, json.dumps(manifest) if info.filename == MANIFEST else archive.read(info))
    return out
