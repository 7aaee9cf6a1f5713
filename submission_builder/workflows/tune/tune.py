"""The verb ``tune``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
from optuna.trial import TrialState

from model_zoo.training.space import read_space
from submission_builder.base.atomic import atomic_file, require_writable
from submission_builder.base.errors import ScoreError
from submission_builder.base.jobs import SERIAL, Jobs
from submission_builder.base.progress import Progress, silent
from submission_builder.workflows.train.data import load_data
from submission_builder.workflows.train.options import require_one_process
from submission_builder.workflows.train.preflight import require_space
from submission_builder.workflows.train.settings import TUNE, merged_settings, run_specs, source_of
from submission_builder.workflows.tune.observer import NoTuneObserver, TuneObserver
from submission_builder.workflows.tune.result import TuningResult
from submission_builder.workflows.tune.search import Search, n_finished, trial_of
from submission_builder.workflows.tune.storage import Pruner, absolute_storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import optuna

    from submission_builder.workflows.train.settings import Config, Folder


def tune(
    config: Config,
    *,
    train: Folder | Sequence[Folder] = (),
    val: Folder | None = None,
    test: Folder | None = None,
    trials: int = 50,
    storage: str | None = None,
    pruner: Pruner = "median",
    output: str | Path | None = None,
    jobs: Jobs | None = None,
    observer: TuneObserver | None = None,
    progress: Progress = silent,
    **settings: Any,
) -> TuningResult:
    """Search for better settings, and write the best ones as a config to train with.

    A call with the same config and storage continues the search, also at the same time in another process.

    Parameters
    ----------
    config
        TOML file, name of a shipped config, or mapping. Its table ``tune`` names the settings that may change, each
        with ``low`` and ``high`` (and ``log``) or ``choices``; ``tune.net`` does so for arguments of the architecture.
    train, val, test, **settings
        As for :func:`submission_builder.workflows.train.train.train`; they override the config.
    trials
        Number of finished trials, over all processes and calls that share the storage.
    storage
        URL of a database, or path of a journal file; None is a journal beside `output`.
    pruner
        Optuna's pruner: ``median``, ``hyperband`` or ``none``.
    output
        Config to write; None is ``runs/ARCHITECTURE.TAG-tuned.toml``.
    jobs
        Where trials run; None runs one after the other in this process.
    observer
        Receives the releases and each trial.
    progress
        Called while recordings are decoded.

    Raises
    ------
    ConfigError
        If a setting or the search space is invalid, or the storage cannot be opened or holds another search of this
        name.
    RecipeError
        If there is no such architecture.
    ReleaseError
        If a release cannot be used, or two splits share a subject.
    OutputError
        If the config cannot be written.
    ScoreError
        If no trial has a score.

    Examples
    --------
    >>> import submission_builder as sb
    >>> config = {"architecture": "cnn", "challenge": 1, "epochs": 1, "tune": {"lr": {"low": 1e-4, "high": 1e-2}}}
    >>> result = sb.tune(config, train=release_folder, trials=2, output=output_folder / "best.toml")
    >>> len(result.trials), sorted(result.best.settings)
    (2, ['lr'])
    """
    settings |= {"train": train, "val": val, "test": test}
    (spec,) = run_specs(config, settings)
    jobs, observer = jobs or SERIAL, observer or NoTuneObserver()
    require_one_process(spec.config, jobs)
    merged, source = merged_settings(config, settings), source_of(config)
    space = read_space(merged.pop(TUNE, None), merged, source)
    require_space(spec, space)
    path = Path(output) if output else Path("runs", f"{spec.name}-tuned.toml")
    storage = storage or str(path.with_name(f"{spec.name}.journal"))
    require_writable(path.parent)
    data = load_data(spec.config, observer.loaded, progress)
    search = Search(spec, data, space, storage if jobs.serial else absolute_storage(storage), pruner)
    study = search.study()
    observer.opened(n_finished(study), trials)
    search.run(trials, jobs, observer.trial)
    _write_best(search, study, path)
    return TuningResult(
        name=spec.name,
        storage=search.storage,
        trials=tuple(trial_of(trial) for trial in study.get_trials(deepcopy=False)),
        best=trial_of(study.best_trial),
        path=path,
        simulated=data.simulated,
    )


def _write_best(search: Search, study: optuna.Study, path: Path) -> None:
    """Write the best settings as a config, with a tag of its own.

    Raises
    ------
    ScoreError
        If no trial has a score.
    """
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        n_trials = len(study.get_trials(deepcopy=False))
        raise ScoreError(f"no trial of {search.spec.name} has a score: none of {n_trials} finished its training")
    config = search.spec_of(study.best_params).config
    content = config.model_dump(mode="json", exclude_none=True) | {"tag": f"{config.name}-tuned"}
    with atomic_file(path) as part:
        part.write_text(tomli_w.dumps(content), encoding="utf-8")
