"""Send a zip: upload, confirm, submit. Each step is recorded before the next, so that a later process can continue."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import CodabenchError, UnreachableError
from submission_builder.codabench.connection import StatusError
from submission_builder.codabench.records import Record, write_record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from submission_builder.base.progress import Progress
    from submission_builder.codabench.client import Client

_GONE = (400, 404)


@dataclass(frozen=True)
class Extras:
    """What a competition may ask for beside the zip."""

    organization: int | None = None
    """Number of the team."""
    tasks: tuple[int, ...] = ()
    fact_sheet: Mapping[str, Any] = field(default_factory=dict)

    def body(self, phase: int, key: str) -> dict[str, Any]:
        """Return the request for a submission."""
        body: dict[str, Any] = {"phase": phase, "data": key}
        if self.tasks:
            body["tasks"] = list(self.tasks)
        if self.organization is not None:
            body["organization"] = self.organization
        if self.fact_sheet:
            body["fact_sheet_answers"] = dict(self.fact_sheet)
        return body


def send(client: Client, record: Record, path: Path, extras: Extras, progress: Progress) -> Record:
    """Upload a zip unless its bytes are there already, and make the submission.

    Raises
    ------
    CodabenchError
        If the upload is not confirmed, or the submission is refused or uncertain.
    """
    if record.stage != "uploaded" or record.key is None:
        write_record(record)
        key = client.upload(path, record.md5, path.name, progress)
        record = replace(record, stage="uploaded", key=key)
        write_record(record)
    write_record(replace(record, stage="sending"))
    try:
        made = client.submit(extras.body(record.phase, str(record.key)))
    except UnreachableError as error:
        hint = "look at your submissions on Codabench; if it is not there, --again sends it"
        raise CodabenchError(f"whether the submission was made is not known: {error}", hint=hint) from error
    except StatusError as error:
        # The key of an earlier process may be gone; then the next attempt uploads the bytes anew.
        gone = error.status in _GONE and "data" in str(error)
        write_record(replace(record, stage="uploading", key=None) if gone else record)
        raise
    record = replace(record, stage="sent", number=made.id, status=made.status, status_details=made.status_details)
    write_record(record)
    return record
