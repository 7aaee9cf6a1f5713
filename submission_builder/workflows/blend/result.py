"""The result of a blend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from submission_builder.workflows.train.next_steps import build_command

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.scores.challenge_score import ChallengeScore
    from submission_builder.scores.ensemble_weights import EnsembleWeights
    from submission_builder.workflows.blend.runs import CrossValidatedRun

    Kept = Literal["fitted weights", "constant", "mean"]

SCHEMA = 1
"""Version of the layout of :meth:`BlendResult.to_dict`."""


@dataclass(frozen=True)
class BlendResult:
    """Several cross-validated runs as one ensemble. All scores are out of fold."""

    runs: tuple[CrossValidatedRun, ...]
    scores: tuple[ChallengeScore, ...]
    """Score of each run."""
    mean: ChallengeScore
    """Score of the mean of the runs."""
    cross_fitted: ChallengeScore
    """Score of fitted weights on subjects that they are not fitted to."""
    weights: EnsembleWeights
    """Weights that are fitted to all subjects."""
    path: Path
    """The ensemble that was written."""

    @property
    def kept(self) -> Kept:
        """The ensemble that was written: fitted weights only where they beat the mean on other subjects."""
        fitted, mean = self.cross_fitted.nrmse, self.mean.nrmse
        if fitted is None or mean is None or fitted >= mean:
            return "mean"
        return "fitted weights" if self.weights.factor else "constant"

    @property
    def simulated(self) -> bool:
        """Whether any data of the runs is simulated."""
        return any(run.simulated for run in self.runs)

    @property
    def command(self) -> str:
        """Command that builds the ensemble, with a constant for the other challenge."""
        return build_command(self.runs[0].challenge, self.path)

    def to_dict(self) -> dict[str, Any]:
        """Return the result in a form that JSON can hold."""
        rows = zip(self.runs, self.weights.weights, self.scores, strict=True)
        return {
            "schema": SCHEMA,
            "challenge": self.runs[0].challenge,
            "simulated": self.simulated,
            "runs": [{"path": str(run.path), "weight": weight, **score.to_dict()} for run, weight, score in rows],
            "mean": self.mean.to_dict(),
            "cross_fitted": self.cross_fitted.to_dict(),
            "factor": self.weights.factor,
            "target_mean": self.weights.mean,
            "kept": self.kept,
            "path": str(self.path),
            "subpack": version("subpack"),
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.ensemble import show_blend  # noqa: PLC0415 - only a notebook needs it
        from submission_builder.report.notebook import html  # noqa: PLC0415

        return html(partial(show_blend, self))
