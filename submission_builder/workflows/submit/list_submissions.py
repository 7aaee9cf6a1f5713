"""List what was sent from this machine, beside the local scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import UnreachableError
from submission_builder.codabench.records import Record, read_records
from submission_builder.workflows.submit.ledger import local_scores
from submission_builder.workflows.submit.outcome import follow
from submission_builder.workflows.submit.precautions import is_pending
from submission_builder.workflows.submit.submit import Waiting, open_client

if TYPE_CHECKING:
    from submission_builder.codabench.replies import Submission
    from submission_builder.codabench.wait import Event
    from submission_builder.ledger.entry import Entry

SCHEMA = 1
"""Version of :meth:`SubmissionList.to_dict`."""


@dataclass(frozen=True)
class SentZip:
    """A submission and the newest local evaluation of the same bytes."""

    record: Record
    local: Entry | None
    """None if the zip was not evaluated on this machine."""


@dataclass(frozen=True)
class SubmissionList:
    """What was sent from this machine, the newest first."""

    rows: tuple[SentZip, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return ``schema``, and ``submissions`` with ``record`` and ``local`` (an entry of the ledger, or null)."""
        rows = [{"record": row.record.to_dict(), "local": row.local and row.local.to_dict()} for row in self.rows]
        return {"schema": SCHEMA, "submissions": rows}


def submissions(*, site: str | None = None, update: bool = False) -> SubmissionList:
    """List what was sent from this machine, beside the newest local scores of the same zips.

    Parameters
    ----------
    site
        Address of a Codabench server; None for all.
    update
        Ask the servers for the state of submissions that have not ended, and record it.

    Raises
    ------
    CodabenchError
        If a record is damaged, or `update` finds no token.
    UnreachableError
        If a server does not reply to `update`.

    Examples
    --------
    >>> import submission_builder as sb
    >>> sb.submissions().rows
    ()
    """
    records = read_records(site and site.rstrip("/"))
    if update:
        records = tuple(_updated(record) if is_pending(record) else record for record in records)
    return SubmissionList(tuple(SentZip(record, local_scores(record.sha256)) for record in records))


def _updated(record: Record) -> Record:
    return follow(open_client(record.server), record, Waiting(limit_s=0, report=_require_reply)).record


def _require_reply(event: Event, text: str, submission: Submission | None) -> None:
    del submission
    if event == "unreachable":
        raise UnreachableError(text)
