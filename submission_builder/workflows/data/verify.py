"""The verb ``verify_data``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.progress import Progress, silent
from submission_builder.releases.defects import Defect, find_defects

if TYPE_CHECKING:
    from os import PathLike


@dataclass(frozen=True)
class VerifiedData:
    """The result of an examination of a release folder."""

    folder: Path
    defects: tuple[Defect, ...]
    """The errors first."""

    @property
    def n_errors(self) -> int:
        """Number of defects that prevent the use of a recording or of the release."""
        return sum(one.severity == "error" for one in self.defects)

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return self.n_errors == 0

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values for JSON."""
        return {"folder": str(self.folder), "ok": self.ok, "defects": [one.to_dict() for one in self.defects]}


def verify_data(folder: str | PathLike[str], *, progress: Progress = silent) -> VerifiedData:
    """Examine a release folder: every recording of every task, the events, participants.tsv, and files beside them.

    The headers and sizes of the BDF files are read, and no sample.

    Parameters
    ----------
    folder
        The folder. One that is no release is a result with one defect.
    progress
        Called after each recording.

    Returns
    -------
    VerifiedData
        The defects, each with its remedy.

    Examples
    --------
    >>> import submission_builder as sb
    >>> sb.verify_data(release_folder).ok
    True
    >>> [defect.kind for defect in sb.verify_data(output_folder).defects]
    ['no_release']
    """
    return VerifiedData(Path(folder), find_defects(Path(folder), progress))
