"""Merge a config with keyword settings, and make a run of each architecture with each seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_zoo.registry import find_architecture
from model_zoo.training.config import read_config, run_configs
from submission_builder.releases.folder import Release
from submission_builder.workflows.train.run_spec import RunSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Config = str | Path | Mapping[str, Any]
    """A TOML file, the name of a shipped config, or the settings themselves."""

    Folder = str | Path | Release
    """A release folder, or the release that :func:`submission_builder.releases.folder.open_release` returns."""

TUNE = "tune"
"""Key of a config for what ``subpack tune`` may change; training ignores it."""


def run_specs(
    config: Config | None,
    settings: Mapping[str, Any],
    architectures: Sequence[str] = (),
    seeds: Sequence[int] = (),
) -> tuple[RunSpec, ...]:
    """Make a run of each architecture with each seed.

    Parameters
    ----------
    config
        Settings from a file or a mapping.
    settings
        Settings that override those of `config`; None and an empty tuple stand for a setting that is not given.
    architectures, seeds
        Values that replace those in the settings, if there are any.

    Raises
    ------
    ConfigError
        If the config cannot be read, or a setting is unknown, missing or invalid; all of them are named.
    RecipeError
        If there is no such architecture for the challenge.
    """
    merged = merged_settings(config, settings)
    merged.pop(TUNE, None)
    configs = run_configs(merged, architectures, seeds, source_of(config))
    return tuple(RunSpec(find_architecture(one.architecture, one.challenge), one) for one in configs)


def merged_settings(config: Config | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Merge settings over those of a config; arguments of the net are merged one by one."""
    read = _read(config)
    given = {key: _plain(value) for key, value in settings.items() if value is not None and value != ()}
    if "train" in given:
        given["train"] = given["train"] if isinstance(given["train"], tuple) else (given["train"],)
    if "net" in given:
        given["net"] = {**read.get("net", {}), **given["net"]}
    return read | given


def source_of(config: Config | None) -> str:
    """Name the source of the settings in an error message."""
    return f"config {config}" if isinstance(config, str | Path) else "the run"


def _read(config: Config | None) -> dict[str, Any]:
    if config is None:
        return {}
    return read_config(str(config)) if isinstance(config, str | Path) else dict(config)


def _plain(value: Any) -> Any:
    """Replace open releases by their folders, and lists by tuples."""
    if isinstance(value, Release):
        return value.folder
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value
