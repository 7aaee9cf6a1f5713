"""Refuse what cannot end in a checkpoint, before any time goes into reading and training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_zoo.checkpoint import weights_path
from model_zoo.training.config import run_config
from model_zoo.training.fit import cuda_is_available
from model_zoo.training.losses import make_loss
from model_zoo.training.resume_state import ResumeState
from model_zoo.training.space import with_values
from submission_builder.base.atomic import require_writable
from submission_builder.base.errors import ConfigError, DeviceError, OutputError, RecipeError

if TYPE_CHECKING:
    from pathlib import Path

    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig
    from model_zoo.training.space import Space


def require_trainable(row: Architecture, config: RunConfig, folder: Path, *, new: bool) -> None:
    """Refuse what cannot end in a checkpoint.

    Parameters
    ----------
    row, config, folder
        As for :func:`submission_builder.workflows.train.single.train`.
    new
        Whether nothing of that name may be there yet: it is not said what to do about it.

    Raises
    ------
    RecipeError
        If the architecture has no weights to train.
    ConfigError
        If the net does not take its arguments or the loss.
    OutputError
        If weights of that name are there, or the state of an interrupted run, and the run is to be new, or the
        folder cannot be written to.
    DeviceError
        If CUDA is asked for and not there.
    """
    if row.value is not None:
        raise RecipeError(f"{row.name} has no weights to train", hint=f"build with {row.name}:VALUE")
    if config.device == "cuda" and not cuda_is_available():
        raise DeviceError("device cuda cannot be used on this machine: torch finds no CUDA device")
    require_net(row, config)
    if "/" in config.name:
        raise OutputError(
            f"tag {config.name!r} holds a slash; it is part of a file's name, and --output names the folder"
        )
    for path in _weights(row, config, folder) if new else ():
        if path.exists():
            raise OutputError(
                f"{path} is there already", hint="--force replaces it, --tag names another, --resume keeps it"
            )
        ResumeState.beside(path).require_new()
    require_writable(folder)


def forget_unfinished(row: Architecture, config: RunConfig, folder: Path) -> None:
    """Remove what an interrupted run would go on from."""
    for path in _weights(row, config, folder):
        ResumeState.beside(path).remove()


def _weights(row: Architecture, config: RunConfig, folder: Path) -> list[Path]:
    return [weights_path(folder, row.name, tag) for tag in tags(config)]


def tags(config: RunConfig) -> list[str]:
    """Tags of the weights that a run makes: one, or one a fold."""
    if not config.folds:
        return [config.name]
    return [f"{config.name}-fold{number}of{config.folds}" for number in range(1, config.folds + 1)]


def require_space(row: Architecture, config: RunConfig, space: Space) -> None:
    """Refuse a search that comes to arguments or a loss that the net does not take.

    Raises
    ------
    ConfigError
        If it does, at an end of the space.
    """
    for key, entry in space.items():
        for end in entry.ends:
            require_net(
                row, run_config(with_values(config.model_dump(), {key: end}), f"the search with {key} = {end!r}")
            )


def require_net(row: Architecture, config: RunConfig) -> None:
    """Refuse arguments or a loss that the net does not take.

    Raises
    ------
    ConfigError
        If it does not.
    """
    try:
        net = row.build(config.net)
    except (TypeError, ValueError, AssertionError) as error:  # nets raise builtins
        raise ConfigError(f"{row.name} cannot be built with {config.net}: {error}") from error
    make_loss(config, net, 1.0)
