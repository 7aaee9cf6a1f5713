"""The verb ``blend``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model_zoo.training.splits import fold_subjects
from submission_builder.base.atomic import require_free
from submission_builder.base.errors import RecipeError
from submission_builder.scores.ensemble_weights import fit_ensemble_weights
from submission_builder.workflows.blend.result import BlendResult
from submission_builder.workflows.blend.runs import read_run
from submission_builder.workflows.train.ensemble_file import members, write_ensemble
from submission_builder.workflows.train.split_scores import score_predictions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from submission_builder.protocol.windows import WindowTable
    from submission_builder.workflows.blend.runs import CrossValidatedRun
    from submission_builder.workflows.train.training_run import TrainingRun

_N_FOLDS = 5


def blend(
    runs: Sequence[str | Path | TrainingRun | CrossValidatedRun],
    *,
    output: str | Path = "blend.toml",
    force: bool = False,
) -> BlendResult:
    """Weigh cross-validated runs by their out-of-fold predictions, and write the ensemble to build.

    Fitted weights are kept only if they beat the mean of the runs on subjects that they are not fitted to.

    Parameters
    ----------
    runs
        Files that ``subpack train --folds`` writes, or results of ``train`` with `folds`.
    output
        The ensemble to write; ``subpack build --c1`` and ``--c2`` take it.
    force
        Replace the file if it exists.

    Raises
    ------
    OutputError
        If the file exists and `force` is not set, or it cannot be written.
    RecipeError
        If a file is not that of a cross-validation, or the runs did not predict the same windows.
    CheckpointError
        If weights or predictions of a run are missing or damaged.

    Examples
    --------
    >>> import submission_builder as sb
    >>> settings = {"challenge": 1, "train": release_folder, "folds": 2, "epochs": 1, "val_share": 0.4}
    >>> runs = [sb.train(name, **settings, output=output_folder) for name in ("cnn", "compact_k5")]
    >>> result = sb.blend(runs, output=output_folder / "blend.toml")
    >>> result.kept in ("fitted weights", "constant", "mean")
    True
    """
    path = Path(output)
    require_free(path, force=force)
    read = tuple(map(read_run, runs))
    first = read[0].out_of_fold
    for run in read[1:]:
        if run.challenge != read[0].challenge or not run.out_of_fold.has_same_windows(first):
            raise RecipeError(f"{run.path} and {read[0].path} did not predict the same windows; a blend needs the same")
    table, predictions = first.table, np.column_stack([run.out_of_fold.predictions for run in read])
    result = BlendResult(
        runs=read,
        scores=tuple(score_predictions(table, column) for column in predictions.T),
        mean=score_predictions(table, predictions.mean(1)),
        cross_fitted=score_predictions(table, cross_fitted_predictions(table, predictions)),
        weights=fit_ensemble_weights(table.target, predictions, table.n_subjects),
        path=path,
    )
    _write(result)
    return result


def cross_fitted_predictions(table: WindowTable, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predict each subject with weights that are fitted to other subjects.

    Shape
    -----
    predictions: ``(n_windows, n_runs)``; output: ``(n_windows,)``
    """
    combined = np.empty(len(table))
    for rest, held_out in fold_subjects(table, min(_N_FOLDS, table.n_subjects)):
        chosen = np.isin(table.subject, held_out.subject)
        weights = fit_ensemble_weights(rest.target, predictions[~chosen], rest.n_subjects)
        combined[chosen] = weights.combine(predictions[chosen])
    return combined


def _write(result: BlendResult) -> None:
    """Write fitted weights, the constant that they amount to, or the mean of the runs."""
    n_runs, weights = len(result.runs), result.weights
    if result.kept == "constant":
        content: dict[str, Any] = {"net": f"constant:{weights.mean!r}"}
    elif result.kept == "fitted weights":
        wrap = {"wrap": [f"shrink:{weights.factor!r},{weights.mean!r}"]}
        content = wrap | _members(result, weights.weights)
    else:
        content = _members(result, (1 / n_runs,) * n_runs)
    what, score = ("the mean", result.mean) if result.kept == "mean" else ("fitted weights", result.cross_fitted)
    write_ensemble(result.path, content, f"{what} of {n_runs} run(s)", score)


def _members(result: BlendResult, weights: Sequence[float]) -> dict[str, Any]:
    pairs = zip(result.runs, weights, strict=True)
    return members({net: weight / len(run.nets) for run, weight in pairs for net in run.nets if weight}, result.path)
