"""The result of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from model_zoo.card import Card
    from model_zoo.checkpoint import Checkpoint
    from submission_builder.diagnostics.advice import Advice
    from submission_builder.diagnostics.diagnosis import Diagnosis
    from submission_builder.workflows.train.net_job import Curve
    from submission_builder.workflows.train.split_scores import SplitScores

SCHEMA = 1
"""Version of the layout of :meth:`TrainingRun.to_dict`."""


@dataclass(frozen=True)
class TrainingRun:
    """A trained architecture, or its folds, with scores, diagnoses and advice."""

    name: str
    """``ARCHITECTURE.TAG``."""
    checkpoints: tuple[Checkpoint, ...]
    """The net; of a cross-validation, one per fold."""
    data: tuple[dict[str, Any], ...]
    """Facts about each release, as a card holds them."""
    curves: tuple[Curve, ...]
    """Learning curve of each net."""
    train: SplitScores | None
    """Score on the training split; None in a cross-validation."""
    held_out: tuple[SplitScores, ...]
    """Scores on the splits that no net was trained on. The last one decides."""
    diagnoses: tuple[Diagnosis, ...]
    advice: Advice
    ensemble: Path | None = None
    """Mean of the folds, ready to build."""

    @property
    def title(self) -> str:
        """Name of the run, with the number of its folds."""
        return f"{self.name}, {len(self.curves)} folds by subject" if self.ensemble else self.name

    @property
    def card(self) -> Card:
        """Card of the first net. It holds everything that folds share."""
        return self.checkpoints[0].card

    @property
    def simulated(self) -> bool:
        """Whether a release of the run is simulated."""
        return any(data["simulated"] for data in self.data)

    @property
    def splits(self) -> tuple[SplitScores, ...]:
        """All scored splits."""
        return ((self.train,) if self.train else ()) + self.held_out

    @property
    def final_split(self) -> SplitScores:
        """The split whose score decides: the test release, all folds together, or validation."""
        return self.held_out[-1]

    @property
    def fold_mean_and_std(self) -> tuple[float, float] | None:
        """Mean and standard deviation (ddof 1) of the folds' nrmse; None without folds, or if one is undefined."""
        values = [split.score.nrmse for split in self.held_out[:-1]]
        defined = [value for value in values if value is not None]
        if not self.ensemble or len(defined) < len(values):
            return None
        return float(np.mean(defined)), float(np.std(defined, ddof=1))

    def to_dict(self) -> dict[str, Any]:
        """Return the result in a form that JSON can hold."""
        folds = self.fold_mean_and_std
        return {
            "schema": SCHEMA,
            "name": self.name,
            "challenge": self.card.challenge,
            "simulated": self.simulated,
            "checkpoints": [{"weights": str(one.weights), "card": asdict(one.card)} for one in self.checkpoints],
            "ensemble": self.ensemble and str(self.ensemble),
            "data": list(self.data),
            "curves": [curve.to_dict() for curve in self.curves],
            "splits": [split.to_dict() for split in self.splits],
            "fold_nrmse": folds and {"mean": folds[0], "std": folds[1]},
            "diagnoses": [asdict(diagnosis) for diagnosis in self.diagnoses],
            "advice": asdict(self.advice),
            "subpack": version("subpack"),
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.notebook import html  # noqa: PLC0415 - only a notebook needs it
        from submission_builder.report.training_terminal import show_training  # noqa: PLC0415

        return html(partial(show_training, self))
