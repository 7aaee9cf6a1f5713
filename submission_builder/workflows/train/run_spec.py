"""A training run before it starts: an architecture and its settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from model_zoo.checkpoint import weights_path
from model_zoo.training.config import run_config
from model_zoo.training.space import with_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn

    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig


@dataclass(frozen=True)
class RunSpec:
    """An architecture and the settings that it is trained with."""

    architecture: Architecture
    config: RunConfig

    @property
    def name(self) -> str:
        """``ARCHITECTURE.TAG``; the weights of a run without folds have this stem."""
        return f"{self.architecture.name}.{self.config.name}"

    @property
    def tags(self) -> tuple[str, ...]:
        """Tag of each net that the run trains: one, or one per fold."""
        n_folds = self.config.folds or 0
        folds = tuple(f"{self.config.name}-fold{number}of{n_folds}" for number in range(1, n_folds + 1))
        return folds or (self.config.name,)

    @property
    def net_names(self) -> tuple[str, ...]:
        """Name of each net in progress reports: the run's, or ``fold 1 of 5`` and so on."""
        n_folds = self.config.folds or 0
        return tuple(f"fold {number} of {n_folds}" for number in range(1, n_folds + 1)) or (self.name,)

    def weights(self, folder: Path) -> tuple[Path, ...]:
        """Return the weights file of each net that the run trains."""
        return tuple(weights_path(folder, self.architecture.name, tag) for tag in self.tags)

    def ensemble(self, folder: Path) -> Path:
        """Return the file that describes the mean of the folds."""
        return folder / f"{self.name}-{self.config.folds}folds.toml"

    def with_values(self, values: Mapping[str, Any], where: str) -> RunSpec:
        """Return the run with values of a search space.

        Raises
        ------
        ConfigError
            If a setting is invalid; the message begins with `where`.
        """
        return replace(self, config=run_config(with_values(self.config.model_dump(), values), where))

    def build(self) -> nn.Module:
        """Make a net with fresh weights."""
        return self.architecture.build(self.config.net)
