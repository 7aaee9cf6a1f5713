"""Select the files of some tasks and subjects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.base.errors import DownloadError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from submission_builder.downloads.listing import RemoteFile

_TASK = re.compile(r"_task-([^_]+)_")
_SUBJECT = "sub-"


@dataclass(frozen=True)
class Selection:
    """The tasks and subjects whose files are wanted. Files of the whole release are always wanted."""

    tasks: tuple[str, ...] = ()
    """Names such as ``contrastChangeDetection``; empty for all."""
    subjects: tuple[str, ...] = ()
    """Subjects with or without ``sub-``; empty for all."""

    def of(self, files: Iterable[RemoteFile]) -> tuple[RemoteFile, ...]:
        """Return the wanted files. A file of a subject that names no task belongs to every task."""
        return tuple(file for file in files if self._wants(file))

    def _wants(self, file: RemoteFile) -> bool:
        subject, task = subject_of(file), task_of(file)
        if subject is None:
            return True
        wanted = {one.removeprefix(_SUBJECT) for one in self.subjects}
        return (not wanted or subject in wanted) and (not self.tasks or task is None or task in self.tasks)

    def require_known(self, files: Sequence[RemoteFile], where: str) -> None:
        """Check that every task and subject occurs in the files of all wanted releases together.

        Raises
        ------
        DownloadError
            If one does not.
        """
        tasks = {task for file in files if (task := task_of(file))}
        subjects = {subject for file in files if (subject := subject_of(file))}
        for task in self.tasks:
            if task not in tasks:
                raise DownloadError(
                    f"{where} has no task {task}; the tasks there are {', '.join(sorted(tasks))}",
                    hint=did_you_mean(task, tasks),
                )
        for subject in self.subjects:
            bare = subject.removeprefix(_SUBJECT)
            if bare not in subjects:
                raise DownloadError(
                    f"{where} has no subject {bare}; it has {len(subjects):,} subjects",
                    hint=did_you_mean(bare, subjects),
                )


def task_of(file: RemoteFile) -> str | None:
    """Return the task of a file of a subject; None if its name has none."""
    match = _TASK.search(file.path.name) if subject_of(file) else None
    return match[1] if match else None


def subject_of(file: RemoteFile) -> str | None:
    """Return the subject of a file without ``sub-``; None for a file of the whole release."""
    first = file.path.parts[0]
    return first.removeprefix(_SUBJECT) if len(file.path.parts) > 1 and first.startswith(_SUBJECT) else None
