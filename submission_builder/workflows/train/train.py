"""The verbs ``train`` and ``train_many``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import ConflictError
from submission_builder.base.progress import Progress, silent
from submission_builder.workflows.train.data import load_data
from submission_builder.workflows.train.many import rank, train_each
from submission_builder.workflows.train.options import TrainingOptions, require_compatible, training_options
from submission_builder.workflows.train.preflight import forget_unfinished, require_trainable
from submission_builder.workflows.train.settings import run_specs
from submission_builder.workflows.train.train_run import train_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.base.jobs import Jobs
    from submission_builder.workflows.train.data import TrainingData
    from submission_builder.workflows.train.observer import TrainObserver
    from submission_builder.workflows.train.run_spec import RunSpec
    from submission_builder.workflows.train.settings import Config, Folder
    from submission_builder.workflows.train.training_run import TrainingRun
    from submission_builder.workflows.train.training_runs import TrainingRuns


def train(
    architecture: str | None = None,
    *,
    challenge: int | None = None,
    train: Folder | Sequence[Folder] = (),
    val: Folder | None = None,
    test: Folder | None = None,
    config: Config | None = None,
    output: str | Path = "runs",
    resume: bool = False,
    force: bool = False,
    jobs: Jobs | None = None,
    observer: TrainObserver | None = None,
    progress: Progress = silent,
    **settings: Any,
) -> TrainingRun | None:
    """Train an architecture, split by subject, and write its weights with a card.

    With the setting `folds`, it trains one net per fold, and writes their mean as an ensemble to build.

    Parameters
    ----------
    architecture
        A name that ``subpack models`` lists.
    challenge
        1: response time, 2: externalizing.
    train
        Release folder or folders to train on.
    val
        Release that selects the best epoch, in place of a share of the training subjects.
    test
        Release that is scored at the end and used for nothing else.
    config
        TOML file, name of a shipped config, or mapping. The other arguments override its settings.
    output
        Folder of the weights.
    resume
        Continue an interrupted run, and reuse finished weights.
    force
        Replace weights of the same name, and discard the state of an interrupted run.
    jobs
        Where folds are trained; None trains one after the other in this process.
    observer
        Receives the releases and each epoch.
    progress
        Called while recordings are decoded.
    **settings
        Any other field of :class:`model_zoo.training.config.RunConfig`, such as `epochs`, `lr`, `seed`, `folds` and
        `net`, the arguments of the architecture.

    Returns
    -------
    TrainingRun or None
        None in a helper process of distributed training (`devices` or `nodes` above 1): the process of rank 0 returns
        the result.

    Raises
    ------
    ConfigError
        If a setting is unknown, missing or invalid, or the net does not take its arguments.
    ConflictError
        If arguments are mutually exclusive.
    RecipeError
        If there is no such architecture, or it has no parameters to train (such as `constant`).
    ReleaseError
        If a release cannot be used, or two splits share a subject.
    OutputError
        If weights of that name exist, or the folder cannot be written to.
    ScoreError
        If training diverged.
    CheckpointError
        If the weights or the state to resume from belong to another run.
    DeviceError
        If the device does not exist.

    Examples
    --------
    >>> import submission_builder as sb
    >>> run = sb.train("cnn", challenge=1, train=release_folder, epochs=1, output=output_folder / "one")
    >>> run.checkpoints[0].weights.name
    'cnn.c1-seed0.pt'
    >>> [split.name for split in run.splits]
    ['train', 'validation']
    >>> 0 < run.final_split.score.nrmse < 10
    True
    """
    settings |= {"challenge": challenge, "train": train, "val": val, "test": test}
    (spec,) = run_specs(config, settings, [architecture] if architecture else [])
    options = training_options(output, resume=resume, force=force, jobs=jobs, observer=observer, progress=progress)
    data = _prepare([spec], options)
    return train_run(spec, data, options)


def train_many(
    architectures: Sequence[str] = (),
    *,
    seeds: Sequence[int] = (),
    challenge: int | None = None,
    train: Folder | Sequence[Folder] = (),
    val: Folder | None = None,
    test: Folder | None = None,
    config: Config | None = None,
    output: str | Path = "runs",
    resume: bool = False,
    force: bool = False,
    jobs: Jobs | None = None,
    observer: TrainObserver | None = None,
    progress: Progress = silent,
    **settings: Any,
) -> TrainingRuns:
    """Train each architecture with each seed.

    Each run writes the same weights as :func:`train` with as many threads. A run that fails does not affect the others.

    Parameters
    ----------
    architectures
        Names that ``subpack models`` lists; without any, that of the config.
    seeds
        Seeds; without any, that of the settings.
    jobs
        Where runs, or the folds of a run, are trained.
    challenge, train, val, test, config, output, resume, force, observer, progress, **settings
        As for :func:`train`.

    Returns
    -------
    TrainingRuns
        The runs, best first.

    Raises
    ------
    ConfigError
        As for :func:`train`, or if a backend cannot be used.
    ConflictError
        If arguments are mutually exclusive.
    RecipeError
        If there is no such architecture, or it has no parameters to train (such as `constant`).
    ReleaseError
        If a release cannot be used, or two splits share a subject.
    OutputError
        If weights of a run exist, or the folder cannot be written to.
    DeviceError
        If the device does not exist.

    Examples
    --------
    >>> import submission_builder as sb
    >>> settings = {"challenge": 1, "train": release_folder, "epochs": 1, "output": output_folder / "many"}
    >>> result = sb.train_many(["cnn"], seeds=[0, 1], **settings)
    >>> sorted(run.name for run in result.runs), result.failures
    (['cnn.c1-seed0', 'cnn.c1-seed1'], ())
    """
    if seeds and settings.get("seed") is not None:
        raise ConflictError("seed and seeds cannot both be given")
    settings |= {"challenge": challenge, "train": train, "val": val, "test": test}
    specs = run_specs(config, settings, architectures, seeds)
    options = training_options(output, resume=resume, force=force, jobs=jobs, observer=observer, progress=progress)
    data = _prepare(specs, options)
    return rank(train_each(specs, data, options))


def _prepare(specs: Sequence[RunSpec], options: TrainingOptions) -> TrainingData:
    """Refuse runs that cannot end in checkpoints, then load their releases."""
    require_compatible(specs, options.jobs)
    for spec in specs:
        require_trainable(spec, options.output, new=not options.resume and not options.force)
    for spec in specs if options.force else ():
        forget_unfinished(spec, options.output)
    return load_data(specs[0].config, options.observer.loaded, options.progress)
