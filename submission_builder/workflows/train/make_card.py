"""The card of a trained net."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from model_zoo.card import Card, digest_subjects
from model_zoo.summary import n_parameters
from model_zoo.training.splits import subjects_digest
from submission_builder.base.checkout import our_commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig
    from model_zoo.training.fit import Fitted
    from submission_builder.protocol.windows import WindowTable
    from submission_builder.workflows.train.data import Data, Loaded


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
    subjects = np.concatenate([train_side.subject, val_side.subject])
    used = [*data.train, *filter(None, [data.val])]
    return Card(
        architecture=row.name,
        tag=tag,
        challenge=row.challenge,
        kwargs={**row.kwargs, **config.net},
        summary=_summary(used, data.test),
        weights_sha256="",
        n_parameters=n_parameters(fitted.net),
        data=[item.describe() for item in used],
        subjects_digest=subjects_digest(subjects),
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
        subjects=digest_subjects(subjects),
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
    """Name the commit of the sources that run."""
    commit, dirty = our_commit() or (None, False)
    return f"{commit}-dirty" if dirty else commit
