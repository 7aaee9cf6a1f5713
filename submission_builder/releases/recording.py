"""One recording of a release: the names of its files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.releases.events import Events, read_events

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"sub-(?P<subject>[^_]+)_task-(?P<task>[^_]+)(?:_run-(?P<run>\d+))?_(?:eeg\.(?i:bdf)|events\.tsv)")
_ANY_BDF = "*_eeg.[bB][dD][fF]"


@dataclass(frozen=True, order=True)
class Recording:
    """One run of one subject. Recordings sort by subject, then run."""

    subject: str
    """Subject without ``sub-``."""
    run: int
    """Number of the run; 0 if the name has none."""
    bdf: Path
    """File of the signals."""

    @property
    def name(self) -> str:
        """Name of the BDF without its suffix, such as ``sub-X_task-contrastChangeDetection_run-1``."""
        return self.bdf.name.removesuffix("_eeg.bdf")

    @property
    def events_file(self) -> Path:
        """Path of the run's events.tsv."""
        return self.bdf.with_name(f"{self.name}_events.tsv")

    def events(self) -> Events:
        """Read the events of the run; see :func:`read_events`."""
        return read_events(self.events_file)


def find_recordings(folder: Path) -> dict[str, list[Recording]]:
    """Find the recordings of a release by task, sorted by (subject, run).

    A run with an events.tsv counts as a recording even if its BDF is missing, as after an interrupted download.
    """
    found: dict[str, set[Recording]] = {}
    for path in [*folder.glob(f"sub-*/eeg/{_ANY_BDF}"), *folder.glob("sub-*/eeg/*_events.tsv")]:
        match = _NAME.fullmatch(path.name)
        if match:
            stem = path.name.rpartition("_")[0]
            recording = Recording(match["subject"], int(match["run"] or 0), path.with_name(f"{stem}_eeg.bdf"))
            found.setdefault(match["task"], set()).add(recording)
    return {task: sorted(recordings) for task, recordings in sorted(found.items())}
