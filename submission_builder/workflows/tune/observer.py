"""Callbacks of a hyperparameter search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.workflows.train.data import LoadedRelease
    from submission_builder.workflows.tune.result import Trial


class TuneObserver(Protocol):
    """Callbacks of a search; a subclass overrides those that it needs.

    Where trials run in other processes, the observer is pickled to them.

    Examples
    --------
    >>> import submission_builder as sb
    >>> class Printed(sb.TuneObserver):
    ...     def trial(self, trial):
    ...         print(trial.number, trial.state)
    >>> config = {"architecture": "cnn", "challenge": 1, "epochs": 1, "tune": {"lr": {"low": 1e-4, "high": 1e-2}}}
    >>> result = sb.tune(
    ...     config, train=release_folder, trials=1, output=output_folder / "observed.toml", tag="x", observer=Printed()
    ... )
    0 complete
    """

    def loaded(self, releases: Sequence[LoadedRelease]) -> None:
        """Receive the releases, before the search starts."""
        del releases

    def opened(self, n_finished: int, n_trials: int) -> None:
        """Receive the number of trials that the storage holds, and their number at the end."""
        del n_finished, n_trials

    def trial(self, trial: Trial) -> None:
        """Receive a trial that ended, in the process that ran it."""
        del trial


class NoTuneObserver(TuneObserver):
    """An observer that ignores all callbacks."""
