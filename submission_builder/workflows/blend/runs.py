"""Read cross-validated runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model_zoo.checkpoint import read_checkpoint
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.recipe_file import PART, read_part
from submission_builder.workflows.train.out_of_fold import OutOfFold, read_out_of_fold
from submission_builder.workflows.train.training_run import TrainingRun


@dataclass(frozen=True)
class CrossValidatedRun:
    """A cross-validated run, as ``subpack train --folds`` writes it."""

    path: Path
    """File of the mean of its folds."""
    nets: tuple[Path, ...]
    """Weights of its folds."""
    challenge: int
    simulated: bool
    """Whether any of its data is simulated."""
    out_of_fold: OutOfFold


def read_run(run: str | Path | TrainingRun | CrossValidatedRun) -> CrossValidatedRun:
    """Read a run by its file, or by its result.

    Raises
    ------
    RecipeError
        If it is not a cross-validation.
    CheckpointError
        If its weights or predictions are missing or damaged.
    """
    if isinstance(run, CrossValidatedRun):
        return run
    if not isinstance(run, TrainingRun):
        return read_cross_validation(Path(run))
    if run.ensemble is None:
        raise RecipeError(f"{run.name} has no out-of-fold predictions; a blend needs runs with folds")
    return read_cross_validation(run.ensemble)


def read_cross_validation(path: Path) -> CrossValidatedRun:
    """Read a cross-validated run.

    Raises
    ------
    RecipeError
        If the file is not that of a cross-validation.
    CheckpointError
        If its weights or predictions are missing or damaged.
    """
    if path.suffix != PART:
        raise RecipeError(f"{path} is not a {PART} file, as subpack train --folds writes it")
    nets = tuple(Path(choice.net) for choice in read_part(path).nets)
    cards = [read_checkpoint(net).card for net in nets]
    challenges = {card.challenge for card in cards}
    if len(challenges) > 1:
        raise RecipeError(f"{path} holds nets of both challenges; one challenge is expected")
    simulated = any(data["simulated"] for card in cards for data in card.data)
    challenge = challenges.pop()
    return CrossValidatedRun(path, nets, challenge, simulated, read_out_of_fold(path.with_suffix(".csv"), challenge))
