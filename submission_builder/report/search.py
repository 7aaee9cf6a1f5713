"""A hyperparameter search in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from submission_builder.report.console import open_console
from submission_builder.report.marks import marked
from submission_builder.report.training_progress import show_loaded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from submission_builder.workflows.train.data import LoadedRelease
    from submission_builder.workflows.tune.result import Trial, TuningResult

_N_SHOWN = 10


class TuningProgress:
    """An observer that prints each trial, also from other processes of this machine."""

    def loaded(self, releases: Sequence[LoadedRelease]) -> None:
        """Print the releases."""
        show_loaded(releases, open_console())

    def opened(self, n_finished: int, n_trials: int) -> None:
        """Print that no trial is left, if that is so."""
        if n_finished >= n_trials:
            open_console().print(
                f"{n_finished} trials are already finished; --trials sets their total", highlight=False
            )

    def trial(self, trial: Trial) -> None:
        """Print how a trial ended."""
        line = f"trial {trial.number:3d}   {_outcome(trial):12}   {_settings(trial.settings)}"
        open_console().print(line, highlight=False, soft_wrap=True)


def show_search(result: TuningResult, console: Console) -> None:
    """Print the best trials, the number of the others, and the config that was written."""
    scored = result.ranked()
    title = marked(f"{result.name}: best of {len(scored)} trials", simulated=result.simulated)
    table = Table("trial", "nrmse", "settings", title=title, title_justify="left")
    for trial in scored[:_N_SHOWN]:
        table.add_row(str(trial.number), f"{trial.nrmse:.5f}", _settings(trial.settings))
    console.print(table)
    n_pruned = sum(trial.state == "pruned" for trial in result.trials)
    n_others = len(result.trials) - len(scored) - n_pruned
    console.print(f"{n_pruned} pruned, {n_others} interrupted or still running in other processes", highlight=False)
    console.print(
        "These subjects selected the best trial, so its score is optimistic. "
        "A test release (--test) is used only for the final score.",
        style="dim",
        soft_wrap=True,
    )
    console.print(f"wrote {result.path}\nnext: {result.command}", highlight=False, soft_wrap=True)


def _outcome(trial: Trial) -> str:
    if trial.nrmse is not None and trial.state == "complete":
        return f"nrmse {trial.nrmse:.5f}"
    after = f" at epoch {trial.last_epoch}" if trial.last_epoch is not None else ""
    return f"{trial.state}{after}"


def _settings(settings: Mapping[str, Any]) -> str:
    return "  ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in settings.items()
    )
