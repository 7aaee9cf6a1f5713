"""Search for the settings that subjects held out are predicted best with: Optuna proposes, prunes and remembers."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import optuna
import tomli_w
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from model_zoo.training.config import RunConfig, run_config
from model_zoo.training.fit import fit, predict
from model_zoo.training.resume_state import changes
from model_zoo.training.space import Between, OneOf, Space, is_whole, with_values
from model_zoo.training.splits import fold_subjects, split_subjects
from submission_builder.base.atomic import atomic_file
from submission_builder.base.errors import ConfigError, ScoreError
from submission_builder.protocol.metrics import nrmse
from submission_builder.workflows.train.preflight import require_net
from submission_builder.workflows.train.single import sides_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_zoo.registry import Architecture
    from model_zoo.training.fit import Fitted
    from model_zoo.training.record import EpochRecord, EpochReport
    from submission_builder.base.jobs import Jobs
    from submission_builder.protocol.windows import WindowTable
    from submission_builder.workflows.train.data import Data, Joined

    TrialReport = Callable[[optuna.Study, optuna.trial.FrozenTrial], None]
    """Called after each trial, where it ran."""

Pruner = Literal["median", "hyperband", "none"]

_RETRIES_S = (0.1, 0.2, 0.4, 0.8)
"""At most so long before a new database is opened again."""

_DRIVERS = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "pymysql": "pymysql", "MySQLdb": "mysqlclient"}
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Search:
    """What is searched.

    Attributes
    ----------
    row, data
        What is trained, on what.
    config
        Settings that are not searched, and where the search starts.
    space
        What may change.
    storage
        URL of a database, or the path of a journal file. All who search in it share their trials.
    pruner
        What ends a trial early.
    """

    row: Architecture
    data: Data
    config: RunConfig
    space: Space
    storage: str
    pruner: Pruner = "median"

    @property
    def name(self) -> str:
        """Of the study: ``ARCHITECTURE.TAG``."""
        return f"{self.row.name}.{self.config.name}"

    def told(self) -> dict[str, Any]:
        """Say what a search is known again by."""
        return {
            **{key: value for key, value in self.config.card().items() if key not in ("device", "workers")},
            "labels": [item.release.labels_digest for item in self.data.releases],
            "space": {key: entry.model_dump(mode="json") for key, entry in sorted(self.space.items())},
        }

    def config_of(self, values: dict[str, Any]) -> RunConfig:
        """Put values of the space in their places."""
        return run_config(with_values(self.config.model_dump(), values), f"trial {values}")


def search(what: Search, n_trials: int, jobs: Jobs, report: TrialReport) -> optuna.Study:
    """Try settings until the storage holds so many finished trials, those of other processes included.

    Parameters
    ----------
    what
        The search; one of this name that is in the storage goes on.
    n_trials
        Trials that ended by themselves or were pruned. With several processes there may be one more for each.
    jobs
        Where trials run.
    report
        Told of each trial.

    Raises
    ------
    ConfigError
        If the storage cannot be opened or holds another search of this name.
    """
    study = open_study(what)
    jobs.run((partial(_work, what, n_trials, report) for _ in range(jobs.n)), one_per_process=True)
    return study


def open_study(what: Search) -> optuna.Study:
    """Open the study in its storage, new or as it was left.

    Raises
    ------
    ConfigError
        If the storage cannot be opened or holds another search of this name.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruners: dict[Pruner, Callable[[], optuna.pruners.BasePruner]] = {
        "median": optuna.pruners.MedianPruner,
        "hyperband": partial(optuna.pruners.HyperbandPruner, max_resource=what.config.epochs),
        "none": optuna.pruners.NopPruner,
    }
    try:
        study = optuna.create_study(
            storage=open_storage(what.storage), study_name=what.name, pruner=pruners[what.pruner](), load_if_exists=True
        )
        told = study.user_attrs.get("told")
        if told is None:
            study.set_user_attr("told", what.told())
    except (ImportError, OSError, SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        cause = error.__cause__ if isinstance(error, ImportError) and error.__cause__ else error
        said, driver = str(cause).splitlines()[0], _DRIVERS.get(getattr(cause, "name", None) or "")
        raise ConfigError(
            f"storage {what.storage} cannot be used: {said}", hint=driver and f"pip install '{driver}'"
        ) from error
    if told is not None and (changed := changes(told, what.told())):
        raise ConfigError(
            f"{what.storage} holds another search named {what.name}{changed}", hint="--tag gives another name"
        )
    return study


def open_storage(storage: str) -> RDBStorage | JournalStorage:
    """Open a database by its URL, or a journal file by its path.

    Processes that make the tables of a new database at the same moment stumble over one another; each tries again.
    """
    if "://" not in storage:
        return JournalStorage(JournalFileBackend(storage))
    for wait_s in _RETRIES_S:
        try:
            return RDBStorage(storage)
        except (IntegrityError, OperationalError, ProgrammingError):
            time.sleep(wait_s * random.random())  # noqa: S311 - apart from one another, not secret
    return RDBStorage(storage)


def seen_from_anywhere(storage: str) -> str:
    """Name a file by its whole path, as an engine's workers stand elsewhere; a database keeps its URL."""
    if "://" not in storage:
        return str(Path(storage).absolute())
    kind, colon, path = storage.partition(":///")
    return f"{kind}{colon}{Path(path).absolute()}" if kind.startswith("sqlite") and path else storage


def n_finished(study: optuna.Study) -> int:
    """Count trials that ended by themselves or were pruned."""
    return len(study.get_trials(deepcopy=False, states=_FINISHED))


def write_best(what: Search, study: optuna.Study, path: Path) -> None:
    """Write the best trial's settings as a config for ``subpack train``, whose weights get a tag of their own.

    Raises
    ------
    ScoreError
        If no trial has a score.
    """
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        raise ScoreError(f"no trial of {what.name} has a score, so there is no best one")
    config = what.config_of(study.best_params)
    content = config.model_dump(mode="json", exclude_none=True) | {"tag": f"{config.name}-tuned"}
    with atomic_file(path) as part:
        part.write_text(tomli_w.dumps(content), encoding="utf-8")


def _work(what: Search, n_trials: int, report: TrialReport) -> None:
    study = open_study(what)
    while n_finished(study) < n_trials:
        study.optimize(partial(_objective, what), n_trials=1, callbacks=[report])


def _objective(what: Search, trial: optuna.Trial) -> float:
    """Train with proposed settings: the best validation nrmse, or of folds that of all predictions out of fold."""
    config = what.config_of({key: _suggest(trial, key, entry) for key, entry in what.space.items()})
    require_net(what.row, config)
    joined = what.data.joined()
    try:
        return _folds(what, joined, config, trial) if config.folds else _one(what, joined, config, trial)
    except ScoreError as error:
        trial.set_user_attr("ended", str(error))
        raise optuna.TrialPruned(str(error)) from error


def _one(what: Search, joined: Joined, config: RunConfig, trial: optuna.Trial) -> float:
    fitted = _fit(what, joined, sides_of(joined, config), config, partial(_prune, trial))
    score = fitted.records[fitted.best_epoch - 1].val.nrmse
    if score is None:  # fit refuses a validation side whose targets are all equal
        raise ScoreError("validation nrmse is not defined")
    return score


def _folds(what: Search, joined: Joined, config: RunConfig, trial: optuna.Trial) -> float:
    """Pool the folds' predictions; a trial that survives the first fold is trained to its end."""
    target, predictions = [], []
    for number, (rest, held_out) in enumerate(fold_subjects(joined.train, config.folds or 0)):
        sides = split_subjects(rest, config.val_share, config.seed)
        fitted = _fit(what, joined, sides, config, (lambda _: None) if number else partial(_prune, trial))
        target.append(held_out.target)
        predictions.append(predict(fitted.net, held_out, joined.reader))
    return nrmse(np.concatenate(target), np.concatenate(predictions))


def _fit(
    what: Search, joined: Joined, sides: tuple[WindowTable, WindowTable], config: RunConfig, report: EpochReport
) -> Fitted:
    return fit(lambda: what.row.build(config.net), *sides, joined.reader, config, report=report)


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
