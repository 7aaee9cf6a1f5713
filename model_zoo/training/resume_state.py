"""What an interrupted run goes on from: one hidden file beside its weights, removed when they are there."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from submission_builder.base.errors import CheckpointError, OutputError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class ResumeState:
    """The state of a run.

    Attributes
    ----------
    path
        Its file; it is not there before the first epoch's end.
    """

    path: Path

    @classmethod
    def beside(cls, weights: Path) -> ResumeState:
        """ResumeState of the run that makes some weights."""
        return cls(weights.with_name(f".{weights.stem}.unfinished"))

    def require_new(self) -> None:
        """Refuse to start a run anew over one that can go on.

        Raises
        ------
        OutputError
            If there is one.
        """
        if self.path.exists():
            raise OutputError(
                f"{self.path} holds a run that ended early, after {_n_epochs(self._read())} epoch(s)",
                hint="--resume goes on with it, --force starts anew",
            )

    def n_finished(self, told: dict[str, Any]) -> int:
        """Count the epochs that it goes on after, 0 where there is no state, and refuse one of another run.

        Parameters
        ----------
        told
            What the run is known by.

        Raises
        ------
        CheckpointError
            If the state was kept by a run that was told otherwise.
        """
        if not self.path.exists():
            return 0
        state = self._read()
        kept = state["told"]
        if changed := changes(kept, told):
            raise CheckpointError(
                f"{self.path} is of another run{changed}", hint="--force starts anew, --tag gives another name"
            )
        return _n_epochs(state)

    def remove(self) -> None:
        """Remove it, and what kills while it was written left behind."""
        for left in self.path.parent.glob(f".{glob.escape(self.path.name)}.*.part"):
            left.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # of a damaged file, torch's reader raises what it stumbles over
            raise CheckpointError(
                f"{self.path} cannot be read as the state of a run ({type(error).__name__})", hint="--force starts anew"
            ) from error
        return state


def changes(kept: dict[str, Any], told: dict[str, Any]) -> str:
    """Say what a run was told otherwise before, a line for each key; nothing where it is the same run."""
    changed = [key for key in sorted(told.keys() | kept.keys()) if told.get(key) != kept.get(key)]
    return "".join(f"\n  {key} was {kept.get(key)}, now it is {told.get(key)}" for key in changed)


def _n_epochs(state: dict[str, Any]) -> int:
    return len(state["callbacks"]["Epochs"]["records"])
