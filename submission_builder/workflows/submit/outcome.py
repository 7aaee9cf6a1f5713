"""Wait for a submission; then keep its scores, or fetch and read the logs of its failure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from submission_builder.base.atomic import atomic_file
from submission_builder.base.digests import md5_of
from submission_builder.codabench.records import records_folder, write_record
from submission_builder.codabench.wait import wait_until_ended
from submission_builder.workflows.diagnose.diagnose import diagnose_text
from submission_builder.workflows.submit.ledger import keep_scores
from submission_builder.workflows.submit.result import SubmissionResult

if TYPE_CHECKING:
    from submission_builder.codabench.client import Client
    from submission_builder.codabench.records import Record
    from submission_builder.codabench.replies import Submission
    from submission_builder.codabench.wait import Event
    from submission_builder.workflows.submit.submit import Waiting


def follow(client: Client, record: Record, waiting: Waiting, *, resumed: bool = False) -> SubmissionResult:
    """Wait for the end of a submission, and record each state.

    Parameters
    ----------
    client
        The server.
    record
        The submission.
    waiting
        How long to wait.
    resumed
        Whether an earlier process sent it.
    """

    def report(event: Event, text: str, submission: Submission | None) -> None:
        if submission:
            write_record(_with_state(record, submission))
        waiting.report(event, text, submission)

    number = record.number or 0
    state = wait_until_ended(client, number, limit_s=waiting.limit_s, report=report, clock=waiting.clock)
    if state is None:
        return SubmissionResult(record, resumed, notes=("Codabench did not reply",))
    record = _with_state(record, state)
    if state.status == "Failed":
        return _failed(client, record, resumed=resumed)
    if state.status != "Finished":
        return SubmissionResult(record, resumed)
    notes = keep_scores(record) if state.scores else ("the server shows no scores",)
    return SubmissionResult(record, resumed, notes=notes)


def _with_state(record: Record, state: Submission) -> Record:
    return replace(record, status=state.status, status_details=state.status_details, scores=state.score_table)


def _failed(client: Client, record: Record, *, resumed: bool) -> SubmissionResult:
    """Fetch the logs, and name the causes that they and the zip show; the zip is read and not run."""
    logs, hidden = client.logs(record.number or 0)
    logs = {name: client.connection.without_secrets(text) for name, text in logs.items()}
    files = tuple(str(_kept(record, name, text)) for name, text in logs.items())
    text = "\n".join([record.status_details or "", *(logs[name] for name in sorted(logs))])
    zip_ = _same_zip(record)
    diagnosis = diagnose_text(text, f"logs of submission {record.number}", submission=zip_, static=True)
    return SubmissionResult(record, resumed, files, hidden, diagnosis)


def _same_zip(record: Record) -> Path | None:
    """Return the zip if it still has the bytes that were sent."""
    path = Path(record.path)
    return path if path.is_file() and md5_of(path) == record.md5 else None


def _kept(record: Record, name: str, text: str) -> Path:
    folder = records_folder() / f"logs-{record.number}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.txt"
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")
    return path
