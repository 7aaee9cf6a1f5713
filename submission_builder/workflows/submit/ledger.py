"""What the ledger knows of a zip, and what a finished submission leaves there."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from submission_builder.base.errors import CodabenchError, LedgerError
from submission_builder.ledger.entries import named, of_server_result
from submission_builder.ledger.place import is_off, ledger_path
from submission_builder.ledger.store import Filter, append, find
from submission_builder.protocol.challenges import DEFAULT_PROFILE

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.codabench.records import Record
    from submission_builder.ledger.entry import Entry

_SCORES = ("overall", "challenge1", "challenge2")


def require_unchanged(path: Path, sha256: str) -> tuple[str, ...]:
    """Refuse a zip whose bytes changed since its evaluation; return a note if it was never evaluated.

    Raises
    ------
    CodabenchError
        If the newest evaluation of this path is one of other bytes, and these bytes were never evaluated.
    """
    try:
        if is_off() or find(ledger_path(), Filter(sha256=sha256, command="evaluate"), limit=1):
            return ()
        at_path = find(ledger_path(), Filter(path=named(path), command="evaluate"), limit=1)
    except LedgerError as error:
        return (f"whether the zip was evaluated is not known: {error}",)
    if at_path:
        raise CodabenchError(
            f"{path} is not sent: its bytes changed since its evaluation (SHA-256 {(at_path[0].sha256 or '')[:12]}… "
            f"then, {sha256[:12]}… now)",
            hint=f"subpack evaluate {shlex.quote(str(path))}",
        )
    return (f"the zip was never evaluated on this machine; `subpack evaluate {shlex.quote(str(path))}` scores it",)


def keep_scores(record: Record) -> tuple[str, ...]:
    """Append the scores of a finished submission to the ledger, once; return a note if that is not possible.

    The entry is that of ``subpack record``. Its detail has the scores as the server writes them, with all decimals.
    """
    if is_off() or not record.scores:
        return ()
    by_name = {key.lower().replace("_", "").replace(" ", ""): value for key, value in record.scores.items()}
    if not set(_SCORES) <= set(by_name):
        return (f"the scores are not in the ledger: the server names them {', '.join(record.scores)}",)
    detail = {"site": record.server, "submission": record.number, "phase": record.phase, "scores": dict(record.scores)}
    digests = {"sha256": record.sha256, "md5": record.md5}
    scores = {name: float(by_name[name]) for name in _SCORES}
    entry = of_server_result(record.path, digests, scores, profile=DEFAULT_PROFILE, detail=detail)
    try:
        known = find(ledger_path(), Filter(sha256=record.sha256, command="record"))
        if any(one.detail.get("submission") == record.number for one in known):
            return ()
        append(ledger_path(), [entry])
    except LedgerError as error:
        return (f"the scores are not in the ledger: {error}",)
    return ()


def local_scores(sha256: str) -> Entry | None:
    """Return the newest local evaluation of a zip; None if there is none."""
    try:
        found = [] if is_off() else find(ledger_path(), Filter(sha256=sha256, command="evaluate"))
    except LedgerError:
        return None
    return next((one for one in found if one.overall is not None), None)
