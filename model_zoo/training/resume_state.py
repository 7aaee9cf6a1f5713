"""The state of an unfinished run, in a hidden file beside its weights."""

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
    """The file that an unfinished run is resumed from: a Lightning checkpoint and the fingerprint of the run."""

    path: Path
    """Path of the file. It exists from the end of the first epoch until the weights are written."""

    @classmethod
    def beside(cls, weights: Path) -> ResumeState:
        """Return the state of the run that writes these weights."""
        return cls(weights.with_name(f".{weights.stem}.unfinished"))

    def require_new(self) -> None:
        """Raise if the file exists, because a new run would overwrite it.

        Raises
        ------
        OutputError
            If the file exists.
        """
        if self.path.exists():
            raise OutputError(
                f"{self.path} holds an unfinished run of {_n_epochs(self._read())} epoch(s)",
                hint="--resume continues it, --force starts over",
            )

    def n_finished(self, fingerprint: dict[str, Any]) -> int:
        """Return the number of finished epochs, 0 if there is no file.

        Parameters
        ----------
        fingerprint
            Settings and a digest of the windows of the run that is to be resumed.

        Raises
        ------
        CheckpointError
            If the file cannot be read, or belongs to a run with another fingerprint.
        """
        if not self.path.exists():
            return 0
        state = self._read()
        saved = state["fingerprint"] if "fingerprint" in state else state["told"]  # the former key
        if changed := changes(saved, fingerprint):
            raise CheckpointError(
                f"{self.path} belongs to another run{changed}",
                hint="--force starts over, --tag gives this run another name",
            )
        return _n_epochs(state)

    def remove(self) -> None:
        """Delete the file, and the temporary files of writes that were killed."""
        for partial in self.path.parent.glob(f".{glob.escape(self.path.name)}.*.part"):
            partial.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch.load raises errors of many types for a damaged file
            raise CheckpointError(
                f"{self.path} cannot be read as the state of an unfinished run ({type(error).__name__})",
                hint="--force starts over",
            ) from error
        return state


def changes(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Return one indented line for each key whose value differs; an empty string if none does."""
    changed = [key for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
    return "".join(f"\n  {key} was {before.get(key)}, now it is {now.get(key)}" for key in changed)


def _n_epochs(state: dict[str, Any]) -> int:
    return len(state["callbacks"]["Epochs"]["records"])
