"""What was sent: one small file for each submission, so that a later process can continue, and nothing is sent twice.

The files lie in ``submissions`` in the user's data folder. They hold no token and no signed address.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import platformdirs

from submission_builder.base.atomic import atomic_file
from submission_builder.base.errors import CodabenchError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOVE = "SUBPACK_SUBMISSIONS"
"""Environment variable that names another folder."""

Stage = Literal["uploading", "uploaded", "sending", "sent"]
"""``sending``: the request for the submission is on its way, or its reply was lost."""


@dataclass(frozen=True)
class Record:
    """One submission, as far as it has come."""

    server: str
    competition: int
    phase: int
    phase_name: str
    path: str
    """The zip, as an absolute path."""
    sha256: str
    md5: str
    at: str
    """When it was begun: ISO 8601, UTC."""
    stage: Stage
    key: str | None = None
    """Key of the uploaded bytes."""
    organization: int | None = None
    number: int | None = None
    """Number of the submission on the server."""
    status: str | None = None
    status_details: str | None = None
    scores: Mapping[str, str] = field(default_factory=dict)
    """By column, with all decimals that the server sends."""

    @property
    def name(self) -> str:
        """Name of the file: digest, phase and time."""
        return f"{self.md5}-{self.phase}-{self.at.replace(':', '').replace('+', '-')}.json"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary."""
        return asdict(self)


def records_folder() -> Path:
    """Return the folder of the records."""
    named = os.environ.get(MOVE)
    return Path(named).absolute() if named else platformdirs.user_data_path("subpack") / "submissions"


def write_record(record: Record) -> None:
    """Write a record, in place of its earlier stage.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    folder = records_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be created: {error.strerror}", hint=f"{MOVE} names another folder"
        ) from error
    with atomic_file(folder / record.name) as part:
        part.write_text(json.dumps(record.to_dict(), indent=2) + "\n", encoding="utf-8")


def forget_record(record: Record) -> None:
    """Remove a record, if it is there."""
    (records_folder() / record.name).unlink(missing_ok=True)


def read_records(server: str | None = None) -> tuple[Record, ...]:
    """Return the records of one server, or of all, the newest first.

    Raises
    ------
    CodabenchError
        If a file is damaged: without it, a zip could be sent twice.
    """
    folder = records_folder()
    found = [_read(path) for path in folder.glob("*.json")] if folder.is_dir() else []
    return tuple(sorted((one for one in found if server in (None, one.server)), key=lambda one: one.at, reverse=True))


@contextlib.contextmanager
def only_one_sender(md5: str) -> Iterator[None]:
    """Hold a lock while a zip is sent, so that two processes do not send it at the same time.

    Raises
    ------
    CodabenchError
        If another process sends the zip.
    OutputError
        If the lock cannot be made.
    """
    folder = records_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / f"{md5}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written to: {error.strerror}", hint=f"{MOVE} names another folder"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CodabenchError("another process is sending this zip") from None
        yield
    finally:
        os.close(descriptor)


def _read(path: Path) -> Record:
    expected = {one.name: one for one in fields(Record)}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        record = Record(**{key: value for key, value in content.items() if key in expected})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        message = f"{path} is not a record of a submission"
        raise CodabenchError(
            message, hint="move the file elsewhere, and look on Codabench for what was sent"
        ) from error
    return record
