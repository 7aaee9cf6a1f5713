"""Write an ensemble as the file that ``subpack build --c1`` and ``--c2`` take."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import tomli_w

from submission_builder.base.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from submission_builder.scores.challenge_score import ChallengeScore


def members(weights: Mapping[Path, float], path: Path) -> dict[str, Any]:
    """Return the members of an ensemble, by their paths relative to its file.

    Parameters
    ----------
    weights
        Weight of each net in the mean, by the file of its parameters.
    path
        The file that will hold them.
    """
    return {"members": [{"net": os.path.relpath(net, path.parent), "share": share} for net, share in weights.items()]}


def write_ensemble(path: Path, content: Mapping[str, Any], what: str, score: ChallengeScore) -> None:
    """Write an ensemble, with its out-of-fold score in a comment.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    interval = "{:.3f} to {:.3f}".format(*score.interval) if score.interval else "none"
    nrmse = "undefined" if score.nrmse is None else f"{score.nrmse:.5f}"
    comment = f"# {what}; out of fold nrmse {nrmse}, 95 % interval {interval}, {score.n_subjects} subjects"
    with atomic_file(path) as part:
        part.write_text(f"{comment}\n{tomli_w.dumps(content)}", encoding="utf-8")
