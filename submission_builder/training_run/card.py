"""The card of a trained net."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model_zoo.card import Card
from model_zoo.summary import n_parameters
from model_zoo.training.splits import subjects_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig
    from model_zoo.training.fit import Fitted
    from submission_builder.protocol.windows import WindowTable
    from submission_builder.training_run.data import Data, Loaded


def make_card(
    row: Architecture,
    tag: str,
    data: Data,
    sides: tuple[WindowTable, WindowTable],
    fitted: Fitted,
    scores: dict[str, Any],
    config: RunConfig,
) -> Card:
    """Say what weights are, what they rest on and what they score.

    Parameters
    ----------
    row
        What was trained.
    tag
        Name of the weights.
    data
        The releases of the run.
    sides
        Windows trained on, and windows that chose the epoch.
    fitted
        The trained net.
    scores
        By side.
    config
        Settings.
    """
    train_side, val_side = sides
    return Card(
        architecture=row.name,
        tag=tag,
        challenge=row.challenge,
        kwargs={**row.kwargs, **config.net},
        summary=_summary([*data.train, *([data.val] if data.val else [])], data.test),
        weights_sha256="",
        n_parameters=n_parameters(fitted.net),
        data=[item.describe() for item in (*data.train, *([data.val] if data.val else []))],
        subjects_digest=subjects_digest(np.concatenate([train_side.subject, val_side.subject])),
        split={
            "by": "subject",
            "train_subjects": train_side.n_subjects,
            "val_subjects": val_side.n_subjects,
            "best_epoch": fitted.best_epoch,
            "epochs": len(fitted.records),
        },
        scores=scores,
        config=config.card(),
        commit=_commit(),
        versions={"python": platform.python_version(), "torch": version("torch"), "subpack": version("subpack")},
    )


def _summary(trained: Sequence[Loaded], tested: Loaded | None) -> str:
    names = ", ".join(item.release.name for item in trained)
    simulated = [item.release.simulated for item in trained]
    kind = "SIMULATED" if all(simulated) else "partly SIMULATED" if any(simulated) else "recorded"
    said = f"Trained on {kind} EEG ({names})."
    if any(simulated):
        said += " It knows the simulation, not people: worth nothing on the hidden test."
    if tested is None:
        return said
    kind = "SIMULATED" if tested.release.simulated else "recorded"
    return f"{said} Tested on {kind} EEG that it was not trained on ({tested.release.name})."


def _commit() -> str | None:
    """Commit of the sources that run; None outside a checkout."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    ask = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, check=True)  # noqa: S603 - fixed arguments
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip()
