"""Run the trials of a search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
from optuna.trial import TrialState

from model_zoo.training.fit import fit, predict
from model_zoo.training.space import Between, OneOf, Space, is_whole
from submission_builder.base.errors import ScoreError
from submission_builder.protocol.metrics import nrmse
from submission_builder.workflows.train.preflight import require_net
from submission_builder.workflows.train.splits import split_folds, split_run
from submission_builder.workflows.tune.result import Trial
from submission_builder.workflows.tune.storage import Pruner, open_study

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_zoo.training.fit import Fitted
    from model_zoo.training.record import EpochRecord, EpochReport
    from submission_builder.base.jobs import Jobs
    from submission_builder.workflows.train.data import TrainingData
    from submission_builder.workflows.train.run_spec import RunSpec
    from submission_builder.workflows.train.splits import Splits

    TrialReport = Callable[[Trial], None]
    """Called after each trial, in the process that ran it."""

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
_REASON = "ended"
"""User attribute of a trial: the error that ended it."""

_NO_EFFECT = ("device", "workers")
"""Settings that may differ between the calls of one search."""


@dataclass(frozen=True)
class Search:
    """A search: a run, its data and the settings that may change."""

    spec: RunSpec
    data: TrainingData
    space: Space
    storage: str
    """URL of a database, or path of a journal file. All processes that use it share their trials."""
    pruner: Pruner = "median"

    def fingerprint(self) -> dict[str, Any]:
        """Return the facts that two calls have to share to continue the same search."""
        return {
            **{key: value for key, value in self.spec.config.card().items() if key not in _NO_EFFECT},
            "labels": [item.release.labels_digest for item in self.data.releases.all()],
            "space": {key: entry.model_dump(mode="json") for key, entry in sorted(self.space.items())},
        }

    def spec_of(self, values: dict[str, Any]) -> RunSpec:
        """Return the run with values of the space."""
        return self.spec.with_values(values, f"trial {values}")

    def study(self) -> optuna.Study:
        """Open the study in its storage.

        Raises
        ------
        ConfigError
            If the storage cannot be opened, or holds another search of this name.
        """
        max_epochs, fingerprint = self.spec.config.epochs, self.fingerprint()
        return open_study(self.spec.name, self.storage, self.pruner, max_epochs=max_epochs, fingerprint=fingerprint)

    def run(self, n_trials: int, jobs: Jobs, report: TrialReport) -> None:
        """Run trials until the storage holds `n_trials` finished ones, those of other processes included.

        Parameters
        ----------
        n_trials
            Number of trials that ended by themselves or were pruned. Each further process may add one more.
        jobs
            Where trials run.
        report
            Called after each trial.
        """
        jobs.run((partial(_work, self, n_trials, report) for _ in range(jobs.n)), one_per_process=True)


def n_finished(study: optuna.Study) -> int:
    """Count the trials that ended by themselves or were pruned."""
    return len(study.get_trials(deepcopy=False, states=_FINISHED))


def trial_of(trial: optuna.trial.FrozenTrial) -> Trial:
    """Convert a trial of Optuna."""
    return Trial(
        number=trial.number,
        state=trial.state.name.lower(),
        nrmse=trial.value,
        settings=dict(trial.params),
        last_epoch=trial.last_step,
        reason=trial.user_attrs.get(_REASON),
    )


def _work(search: Search, n_trials: int, report: TrialReport) -> None:
    study = search.study()

    def report_trial(_: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        report(trial_of(trial))

    while n_finished(study) < n_trials:
        study.optimize(partial(_objective, search), n_trials=1, callbacks=[report_trial])


def _objective(search: Search, trial: optuna.Trial) -> float:
    """Train with proposed settings and return the nrmse on validation, or out of fold."""
    spec = search.spec_of({key: _suggest(trial, key, entry) for key, entry in search.space.items()})
    require_net(spec)
    try:
        return (_folds if spec.config.folds else _one_net)(spec, search.data, trial)
    except ScoreError as error:
        trial.set_user_attr(_REASON, str(error))
        raise optuna.TrialPruned(str(error)) from error


def _one_net(spec: RunSpec, data: TrainingData, trial: optuna.Trial) -> float:
    fitted = _fit(spec, split_run(spec, data), data, partial(_prune, trial))
    score = fitted.records[fitted.best_epoch - 1].val.nrmse
    if score is None:  # fit refuses validation targets that are all equal
        raise ScoreError("validation nrmse is not defined")
    return score


def _folds(spec: RunSpec, data: TrainingData, trial: optuna.Trial) -> float:
    """Score the predictions of all folds together. A trial can be pruned in its first fold alone."""
    target, predictions = [], []
    for number, splits in enumerate(split_folds(spec, data)):
        held_out = splits.tables()["fold"]
        fitted = _fit(spec, splits, data, (lambda _: None) if number else partial(_prune, trial))
        target.append(held_out.target)
        predictions.append(predict(fitted.net, held_out, data.reader))
    return nrmse(np.concatenate(target), np.concatenate(predictions))


def _fit(spec: RunSpec, splits: Splits, data: TrainingData, report: EpochReport) -> Fitted:
    return fit(spec.build, splits.train, splits.val, data.reader, spec.config, report=report)


def _prune(trial: optuna.Trial, record: EpochRecord) -> None:
    if record.val.nrmse is not None:
        trial.report(record.val.nrmse, record.epoch)
    if trial.should_prune():
        raise optuna.TrialPruned


def _suggest(trial: optuna.Trial, key: str, entry: Between | OneOf) -> Any:
    if isinstance(entry, OneOf):
        return trial.suggest_categorical(key, entry.choices)
    if is_whole(key, entry):
        return trial.suggest_int(key, int(entry.low), int(entry.high), log=entry.log)
    return trial.suggest_float(key, entry.low, entry.high, log=entry.log)
