"""The calls of Codabench's API that a submission needs, in the order of their use."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING, Any

from submission_builder.base.errors import CodabenchError, UnreachableError
from submission_builder.codabench.connection import MOST_LOG_BYTES, StatusError
from submission_builder.codabench.replies import (
    Competition,
    Details,
    Log,
    NewDataset,
    Permission,
    Submission,
    parsed,
)

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.base.progress import Progress
    from submission_builder.codabench.connection import Connection

_OK, _BAD_REQUEST, _FORBIDDEN = 200, 400, 403
_UPLOADS = 3


class Client:
    """A Codabench server, call by call.

    Parameters
    ----------
    connection
        The server and the token.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def competition(self, number: int) -> Competition:
        """Return a competition with its phases."""
        call = f"/api/competitions/{number}/"
        return parsed(Competition, self.connection.get(call), f"GET {call}")

    def permission(self, phase: int) -> Permission:
        """Return whether the server accepts a submission; it does not compare the dates of the phase."""
        call = f"/api/can_make_submission/{phase}/"
        return parsed(Permission, self.connection.get(call), f"GET {call}")

    def new_dataset(self, name: str, size: int) -> NewDataset:
        """Get a key, and a signed address for the bytes.

        Raises
        ------
        CodabenchError
            If the storage quota of the account is used up.
        """
        body = {"type": "submission", "request_sassy_file_name": name, "file_name": name, "file_size": size}
        try:
            return parsed(NewDataset, self.connection.post("/api/datasets/", body), "POST /api/datasets/")
        except StatusError as error:
            if error.status == _BAD_REQUEST and "data_file" in str(error):
                hint = "delete old submissions and outputs under Resources on Codabench; they count too"
                raise CodabenchError(f"the storage quota of the account is used up: {error}", hint=hint) from error
            raise

    def upload(self, path: Path, md5: str, name: str, progress: Progress) -> str:
        """Upload a zip, and return its key once the storage has confirmed all bytes with status 200.

        A connection that is cut is tried again with the same address; an address that has expired is replaced once.

        Parameters
        ----------
        path
            The zip.
        md5
            Its digest; other bytes are not accepted.
        name
            Name of the file on the server.
        progress
            Called with the number of bytes sent.

        Raises
        ------
        CodabenchError
            If the storage does not confirm the bytes, or the file changes meanwhile.
        """
        size = path.stat().st_size
        dataset = self.new_dataset(name, size)
        status, renewed = None, False
        for attempt in range(1, _UPLOADS + 1):
            try:
                with path.open("rb") as file:
                    body = _Counted(file, size, progress)
                    status = self.connection.put(dataset.sassy_url, body)  # type: ignore[arg-type] # reads like a file
            except UnreachableError:
                if attempt == _UPLOADS:
                    raise
                continue
            if status == _OK:
                _require_same(body, md5, path)
                return dataset.key
            if status == _FORBIDDEN and not renewed:
                dataset, renewed = self.new_dataset(name, size), True
        message = f"the storage did not confirm the upload: status {status}, and 200 is expected; nothing is submitted"
        raise CodabenchError(message, hint="the same command tries again")

    def submit(self, body: dict[str, Any]) -> Submission:
        """Make a submission of uploaded bytes.

        Raises
        ------
        UnreachableError
            If there is no reply; the submission may have been made.
        CodabenchError
            If the server refuses it.
        """
        return parsed(Submission, self.connection.post("/api/submissions/", body), "POST /api/submissions/")

    def submission(self, number: int, *, patient: bool = True) -> Submission:
        """Return the state of a submission."""
        call = f"/api/submissions/{number}/"
        return parsed(Submission, self.connection.get(call, patient=patient), f"GET {call}")

    def logs(self, number: int) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the logs of a submission by name, and the names of those that cannot be read.

        An address that has expired is renewed once. If the organisers hide all logs, both are empty.
        """
        try:
            details = self._details(number)
        except StatusError as error:
            if error.status == _FORBIDDEN:
                return {}, ()
            raise
        found: dict[str, str] = {}
        hidden: list[str] = []
        for log in details.logs:
            text = self._log(number, log)
            if text is None:
                hidden.append(log.name)
            else:
                found[log.name] = text
        return found, tuple(hidden)

    def _details(self, number: int) -> Details:
        call = f"/api/submissions/{number}/get_details/"
        return parsed(Details, self.connection.get(call), f"GET {call}")

    def _log(self, number: int, log: Log, *, renew: bool = True) -> str | None:
        if log.data_file is None:
            return None
        try:
            content = self.connection.download(log.data_file)
        except StatusError:
            if not renew:
                return None
            same = next((one for one in self._details(number).logs if one.name == log.name), None)
            return self._log(number, same, renew=False) if same else None
        except UnreachableError:
            return None
        text = content.decode("utf-8", "replace")
        return f"{text}\n[the rest of the log is left out]" if len(content) == MOST_LOG_BYTES else text


class _Counted:
    """A file that reports how much of it was read, and computes its digest."""

    def __init__(self, file: IO[bytes], size: int, progress: Progress) -> None:
        self._file, self._size, self._progress = file, size, progress
        self._n, self._md5 = 0, hashlib.md5(usedforsecurity=False)

    def __len__(self) -> int:
        return self._size

    def read(self, n: int = -1) -> bytes:
        """Read a block."""
        block = self._file.read(n)
        self._n += len(block)
        self._md5.update(block)
        self._progress("upload (bytes)", self._n, self._size)
        return block

    def digest(self) -> str:
        """Return the MD5 of what was read."""
        return self._md5.hexdigest()


def _require_same(body: _Counted, md5: str, path: Path) -> None:
    if body.digest() != md5:
        raise CodabenchError(f"{path} changed while it was uploaded; nothing is submitted")
