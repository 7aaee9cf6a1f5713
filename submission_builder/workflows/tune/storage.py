"""Open the storage of a search: a database, or a journal file."""

from __future__ import annotations

import random
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import optuna
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from model_zoo.training.resume_state import changes
from submission_builder.base.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

Pruner = Literal["median", "hyperband", "none"]

_RETRIES_S = (0.1, 0.2, 0.4, 0.8)
"""Longest waits before a new database is opened again."""

_DRIVERS = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "pymysql": "pymysql", "MySQLdb": "mysqlclient"}
_FINGERPRINT, _OLD_FINGERPRINT = "fingerprint", "told"
"""User attribute of a study, and its name in older storages."""


def open_study(
    name: str, storage: str, pruner: Pruner, *, max_epochs: int, fingerprint: dict[str, Any]
) -> optuna.Study:
    """Open a study: a new one, or one that earlier calls or other processes began.

    Parameters
    ----------
    name
        Name of the study.
    storage
        URL of a database, or path of a journal file.
    pruner
        Criterion that ends trials early.
    max_epochs
        Longest trial.
    fingerprint
        Facts that two calls have to share to continue the same search.

    Raises
    ------
    ConfigError
        If the storage cannot be opened, or holds another search of this name.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruners: dict[Pruner, Callable[[], optuna.pruners.BasePruner]] = {
        "median": optuna.pruners.MedianPruner,
        "hyperband": partial(optuna.pruners.HyperbandPruner, max_resource=max_epochs),
        "none": optuna.pruners.NopPruner,
    }
    try:
        study = optuna.create_study(
            storage=open_storage(storage), study_name=name, pruner=pruners[pruner](), load_if_exists=True
        )
        attributes = study.user_attrs
        before = attributes.get(_FINGERPRINT, attributes.get(_OLD_FINGERPRINT))
        if before is None:
            study.set_user_attr(_FINGERPRINT, fingerprint)
    except (ImportError, OSError, SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        cause = error.__cause__ if isinstance(error, ImportError) and error.__cause__ else error
        reason, driver = str(cause).splitlines()[0], _DRIVERS.get(getattr(cause, "name", None) or "")
        raise ConfigError(
            f"storage {storage} cannot be used: {reason}", hint=driver and f"pip install '{driver}'"
        ) from error
    if before is not None and (changed := changes(before, fingerprint)):
        raise ConfigError(f"{storage} holds another search named {name}{changed}", hint="--tag sets another name")
    return study


def open_storage(storage: str) -> RDBStorage | JournalStorage:
    """Open a database by its URL, or a journal file by its path.

    Two processes that create the tables of a new database at the same time make one another fail; each tries again.
    """
    if "://" not in storage:
        return JournalStorage(JournalFileBackend(storage))
    for wait_s in _RETRIES_S:
        try:
            return RDBStorage(storage)
        except (IntegrityError, OperationalError, ProgrammingError):
            time.sleep(wait_s * random.random())  # noqa: S311 - spreads the retries, no secret
    return RDBStorage(storage)


def absolute_storage(storage: str) -> str:
    """Return a storage with an absolute path, as an engine's workers have other working folders."""
    if "://" not in storage:
        return str(Path(storage).absolute())
    kind, colon, path = storage.partition(":///")
    return f"{kind}{colon}{Path(path).absolute()}" if kind.startswith("sqlite") and path else storage
