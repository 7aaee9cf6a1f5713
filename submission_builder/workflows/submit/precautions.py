"""Reasons not to send a zip: it was sent before, its check has errors, or it is not the one that was evaluated."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from submission_builder.base.errors import CodabenchError
from submission_builder.codabench.replies import ENDED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.checks.report import CheckReport
    from submission_builder.codabench.records import Record

_LARGE_BYTES = 150 * 10**6

_AGAIN = "--again sends it once more"


def earlier(records: Sequence[Record], md5: str, competition: int) -> Record | None:
    """Return the newest record of the same bytes in a competition; None if they were never sent."""
    return next((one for one in records if one.md5 == md5 and one.competition == competition), None)


def is_pending(record: Record) -> bool:
    """Whether a submission was made and has not ended, as far as is known."""
    return record.stage == "sent" and record.status not in ENDED


def require_new(record: Record) -> None:
    """Refuse bytes that were sent before.

    Raises
    ------
    CodabenchError
        If they were sent, or may have been.
    """
    if record.stage == "sending":
        raise CodabenchError(
            f"an attempt at {record.at} ended before the reply of the server; whether the submission was made is "
            "not known",
            hint=f"look at your submissions on Codabench; if it is not there, {_AGAIN}",
        )
    if record.stage == "sent":
        scores = ", ".join(f"{key} {value}" for key, value in record.scores.items())
        state = f"{record.status}{f': {scores}' if scores else ''}"
        hint = (
            f"`subpack submit {shlex.quote(record.path)} --wait` waits for it; {_AGAIN}"
            if is_pending(record)
            else _AGAIN
        )
        raise CodabenchError(
            f"these bytes (MD5 {record.md5}) were sent at {record.at} as submission {record.number} ({state})",
            hint=hint,
        )


def size_notes(n_bytes: int) -> tuple[str, ...]:
    """Return a note for a zip of a size with which users report hanging submissions (codabench #2101, #2250)."""
    if n_bytes <= _LARGE_BYTES:
        return ()
    return (f"the zip has more than {_LARGE_BYTES // 10**6} MB; users report that such submissions can hang",)


def require_sound(report: CheckReport) -> tuple[str, ...]:
    """Refuse a zip whose check has errors; return notes about warnings and about what could not be checked.

    Raises
    ------
    CodabenchError
        If there is an error.
    """
    path: Path = report.path
    if report.errors:
        ids = ", ".join(dict.fromkeys(one.id for one in report.errors))
        first = report.errors[0]
        raise CodabenchError(
            f"{path} is not sent: its check has errors ({ids}); {first.where}: {first.message}",
            hint=f"subpack check {shlex.quote(str(path))}",
        )
    notes = []
    if report.warnings:
        ids = ", ".join(dict.fromkeys(one.id for one in report.warnings))
        notes.append(f"the check has warnings ({ids}); `subpack check {shlex.quote(str(path))}` shows them")
    if report.undecided:
        notes.append(f"this machine could not run the zip: {report.message}")
    return tuple(notes)
