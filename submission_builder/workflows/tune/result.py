"""The result of a hyperparameter search."""

from __future__ import annotations

import math
import shlex
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1
"""Version of the layout of :meth:`TuningResult.to_dict`."""


@dataclass(frozen=True)
class Trial:
    """One trial of a search."""

    number: int
    state: str
    """Optuna's state: ``complete``, ``pruned``, ``fail``, ``running`` or ``waiting``."""
    nrmse: float | None
    """Best validation nrmse; with folds, that of all out-of-fold predictions. None if the trial has no score."""
    settings: Mapping[str, Any]
    """Values that the trial tries, by setting."""
    last_epoch: int | None = None
    """Last epoch that the trial reported."""
    reason: str | None = None
    """The error that ended the trial."""


@dataclass(frozen=True)
class TuningResult:
    """All trials of a search, also those of other processes and of earlier calls."""

    name: str
    """``ARCHITECTURE.TAG``, the name of Optuna's study."""
    storage: str
    trials: tuple[Trial, ...]
    best: Trial
    path: Path
    """Config with the best settings, for ``subpack train --config``."""
    simulated: bool
    """Whether a release is simulated."""

    @property
    def command(self) -> str:
        """Command that trains with the best settings."""
        return shlex.join(["subpack", "train", "--config", str(self.path)])

    def ranked(self) -> list[Trial]:
        """Return the trials that have a score, best first."""
        scored = [trial for trial in self.trials if trial.state == "complete"]
        return sorted(scored, key=lambda trial: math.inf if trial.nrmse is None else trial.nrmse)

    def to_dict(self) -> dict[str, Any]:
        """Return the result in a form that JSON can hold."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            "storage": self.storage,
            "trials": [asdict(trial) for trial in self.trials],
            "best": asdict(self.best),
            "path": str(self.path),
            "simulated": self.simulated,
            "subpack": version("subpack"),
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.notebook import html  # noqa: PLC0415 - only a notebook needs it
        from submission_builder.report.search import show_search  # noqa: PLC0415

        return html(partial(show_search, self))
