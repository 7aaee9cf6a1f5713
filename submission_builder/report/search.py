"""A search in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from submission_builder.report.marks import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optuna import Study
    from optuna.trial import FrozenTrial

_SHOWN = 10


def show_trial(study: Study, trial: FrozenTrial) -> None:
    """Print how a trial ended."""
    del study
    Console().print(
        f"trial {trial.number:3d}   {_ending(trial):12}   {_settings(trial.params)}", highlight=False, soft_wrap=True
    )


def show_search(study: Study, console: Console, *, simulated: bool) -> None:
    """Print the best trials and how many ended how."""
    trials = study.get_trials(deepcopy=False)
    scored = sorted((trial for trial in trials if trial.state.name == "COMPLETE"), key=_value)
    title = marked(f"{study.study_name}: best of {len(scored)} trials", simulated=simulated)
    table = Table("trial", "nrmse", "settings", title=title, title_justify="left")
    for trial in scored[:_SHOWN]:
        table.add_row(str(trial.number), f"{_value(trial):.5f}", _settings(trial.params))
    console.print(table)
    n_pruned = sum(trial.state.name == "PRUNED" for trial in trials)
    console.print(
        f"{n_pruned} pruned, {len(trials) - len(scored) - n_pruned} interrupted or still running elsewhere",
        highlight=False,
    )
    console.print(
        "The best was chosen by these subjects, so its score flatters: only a test side (--test) is untouched.",
        style="dim",
        soft_wrap=True,
    )


def _ending(trial: FrozenTrial) -> str:
    if trial.state.name == "COMPLETE":
        return f"nrmse {_value(trial):.5f}"
    after = f" at {trial.last_step}" if trial.last_step is not None else ""
    return f"{trial.state.name.lower()}{after}"


def _value(trial: FrozenTrial) -> float:
    return float("inf") if trial.value is None else trial.value


def _settings(params: Mapping[str, Any]) -> str:
    return "  ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in params.items()
    )
