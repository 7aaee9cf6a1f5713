"""An evaluation as JSON, for CI and for other programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from submission_builder.base.atomic import atomic_file
from submission_builder.protocol.challenges import PROFILES
from submission_builder.protocol.metrics import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.workflows.evaluate.result import Evaluation

_SCHEMA = 1


def write_json(evaluations: Mapping[Path, Evaluation], path: Path) -> None:
    """Write the evaluation of a zip, scored or not; of several, a list that also names each zip.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    laid_out = [{"path": str(zip_path)} | as_dict(evaluation) for zip_path, evaluation in evaluations.items()]
    content = laid_out if len(laid_out) > 1 else as_dict(*evaluations.values())
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")


def as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Lay an evaluation out; scores are rounded as the server rounds them."""
    numbers = sorted(PROFILES[evaluation.profile].challenges)
    scores = {"overall": _rounded(evaluation.overall)}
    for number in numbers:
        score = evaluation.challenges.get(number)
        scores[f"challenge{number}"] = _rounded(score.nrmse) if score else None
    return {
        "schema": _SCHEMA,
        "outcome": evaluation.outcome,
        "error": {"message": str(evaluation.error), "hint": evaluation.error.hint} if evaluation.error else None,
        "profile": evaluation.profile,
        "release": {key: evaluation.release.get(key) for key in ("name", "digest", "simulated", "sample")},
        "zip": {key: evaluation.zip.get(key) for key in ("sha256", "md5")},
        "scores": scores,
        "challenges": {str(n): _challenge(evaluation.challenges.get(n), evaluation) for n in numbers},
        "isolation": evaluation.isolation,
        "batch": {str(n): evaluation.batch.get(n) for n in numbers},
        "probe": [asdict(trial) for trial in evaluation.probe],
        "rehearsal": [asdict(trial) for trial in evaluation.rehearsal],
        "caveats": evaluation.caveats,
        "subpack": version("subpack"),
        "run": evaluation.run | {"cost": asdict(evaluation.cost) if evaluation.cost else None},
    }


def _challenge(score: ChallengeScore | None, evaluation: Evaluation) -> dict[str, Any]:
    """One challenge; before its windows were counted, the numbers are null."""
    keys = (
        "n_windows",
        "n_recordings",
        "n_subjects",
        "target_mean",
        "target_std",
        "prediction_std",
        "nrmse",
        "interval",
        "reason",
    )
    if score is None:
        return dict.fromkeys(keys) | {"reason": f"not scored: {evaluation.outcome}"}
    return {key: getattr(score, key) for key in keys} | {"nrmse": _rounded(score.nrmse)}


def _rounded(score: float | None) -> float | None:
    return None if score is None else rounded(score)
