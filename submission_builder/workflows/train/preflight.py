"""Refuse a run that cannot end in a checkpoint, before releases are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_zoo.training.fit import cuda_is_available
from model_zoo.training.losses import make_loss
from model_zoo.training.resume_state import ResumeState
from submission_builder.base.atomic import require_writable
from submission_builder.base.errors import ConfigError, DeviceError, OutputError, RecipeError

if TYPE_CHECKING:
    from pathlib import Path

    from model_zoo.training.space import Space
    from submission_builder.workflows.train.run_spec import RunSpec


def require_trainable(spec: RunSpec, folder: Path, *, new: bool) -> None:
    """Refuse a run that cannot end in a checkpoint.

    Parameters
    ----------
    spec
        The run.
    folder
        Where its weights are written.
    new
        Whether weights of that name, finished or not, are an error.

    Raises
    ------
    RecipeError
        If the architecture has no weights to train.
    ConfigError
        If the net does not take its arguments or the loss.
    OutputError
        If the run is new and weights of that name or the state of an interrupted run exist, or the folder cannot be
        written to.
    DeviceError
        If the run needs CUDA and torch finds no device.
    """
    architecture, config = spec.architecture, spec.config
    if architecture.value is not None:
        raise RecipeError(f"{architecture.name} has no weights to train", hint=f"build with {architecture.name}:VALUE")
    if config.device == "cuda" and not cuda_is_available():
        raise DeviceError("device cuda cannot be used on this machine: torch finds no CUDA device")
    require_net(spec)
    if "/" in config.name:
        raise OutputError(
            f"tag {config.name!r} contains a slash; it is part of a file name, and --output sets the folder"
        )
    for path in spec.weights(folder) if new else ():
        if path.exists():
            raise OutputError(
                f"{path} already exists", hint="--force replaces it, --tag sets another name, --resume keeps it"
            )
        ResumeState.beside(path).require_new()
    require_writable(folder)


def forget_unfinished(spec: RunSpec, folder: Path) -> None:
    """Remove the states that an interrupted run would continue from."""
    for path in spec.weights(folder):
        ResumeState.beside(path).remove()


def require_space(spec: RunSpec, space: Space) -> None:
    """Refuse a search space with arguments or a loss that the net does not take.

    Raises
    ------
    ConfigError
        If the net does not take an end of the space.
    """
    for key, entry in space.items():
        for end in entry.ends:
            require_net(spec.with_values({key: end}, f"the search with {key} = {end!r}"))


def require_net(spec: RunSpec) -> None:
    """Refuse arguments or a loss that the net does not take.

    Raises
    ------
    ConfigError
        If the net does not take them.
    """
    try:
        net = spec.build()
    except (TypeError, ValueError, AssertionError) as error:  # nets raise builtins
        raise ConfigError(f"{spec.architecture.name} cannot be built with {spec.config.net}: {error}") from error
    make_loss(spec.config, net, 1.0)
