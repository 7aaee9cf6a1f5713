"""The result of several training runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from submission_builder.workflows.train.training_run import SCHEMA

if TYPE_CHECKING:
    from submission_builder.base.errors import SubpackError
    from submission_builder.diagnostics.advice import Advice
    from submission_builder.workflows.train.training_run import TrainingRun


@dataclass(frozen=True)
class FailedRun:
    """A run that failed."""

    name: str
    """``ARCHITECTURE.TAG``."""
    error: SubpackError


@dataclass(frozen=True)
class TrainingRuns:
    """Several runs with the same data."""

    runs: tuple[TrainingRun, ...]
    """The runs that finished, best first by the score that decides."""
    failures: tuple[FailedRun, ...]
    advice: tuple[Advice, ...]
    """What to do, and then what else is possible; empty if all runs failed."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result in a form that JSON can hold."""
        failures = [{"name": one.name, "message": str(one.error), "hint": one.error.hint} for one in self.failures]
        return {
            "schema": SCHEMA,
            "runs": [run.to_dict() for run in self.runs],
            "failures": failures,
            "advice": [asdict(advice) for advice in self.advice],
            "subpack": version("subpack"),
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.notebook import html  # noqa: PLC0415 - only a notebook needs it
        from submission_builder.report.runs_table import show_runs  # noqa: PLC0415

        return html(partial(show_runs, self))
