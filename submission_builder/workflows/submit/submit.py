"""Submit a zip to Codabench, and wait for its scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from submission_builder.base.errors import CodabenchError
from submission_builder.base.progress import Progress, silent
from submission_builder.codabench.client import Client
from submission_builder.codabench.connection import Connection
from submission_builder.codabench.phases import choose_phase, quota, when
from submission_builder.codabench.records import Record, forget_record, only_one_sender, read_records
from submission_builder.codabench.token import SERVICE, VARIABLE, find_token
from submission_builder.harness.package import digests
from submission_builder.server.facts import CODABENCH, COMPETITION
from submission_builder.workflows.check import check
from submission_builder.workflows.submit.ledger import require_unchanged
from submission_builder.workflows.submit.outcome import follow
from submission_builder.workflows.submit.precautions import earlier, is_pending, require_new, require_sound, size_notes
from submission_builder.workflows.submit.result import SubmissionPlan, SubmissionResult
from submission_builder.workflows.submit.sending import Extras, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.codabench.replies import Phase, Submission
    from submission_builder.codabench.wait import Clock, Event
    from submission_builder.harness.runtime import Runtime

    Report = Callable[[Event, str, Submission | None], None]

WAIT_S = 4 * 3600.0
"""Default limit on the wait. Users report submissions that stay in one status for ever."""


@dataclass(frozen=True)
class Waiting:
    """Whether and how to wait for the end of a submission."""

    wait: bool = True
    limit_s: float = WAIT_S
    report: Report = lambda event, text, submission: None  # noqa: ARG005 - a caller may ignore events
    clock: Clock | None = None
    """None for the real time."""


def submit(
    submission: Path | str,
    *,
    confirm: Callable[[SubmissionPlan], bool],
    competition: int = COMPETITION,
    phase: str | None = None,
    site: str = CODABENCH,
    extras: Extras | None = None,
    again: bool = False,
    static: bool = False,
    waiting: Waiting | None = None,
    runtime: Runtime | None = None,
    progress: Progress = silent,
) -> SubmissionResult | None:
    """Send a zip to Codabench: check it, upload it, submit it, and wait for the scores.

    The token is read from the environment variable CODABENCH_TOKEN or from the keyring. If the same zip was sent before
    and its submission has not ended, nothing is sent, and the call continues to wait.

    Parameters
    ----------
    submission
        The zip.
    confirm
        Called with what the submission uses up; the zip is sent only if it returns True.
    competition
        Number of the competition.
    phase
        Number or name of a phase; None for the one that is open.
    site
        Address of the Codabench server.
    extras
        Team, tasks and answers of the fact sheet, if the competition asks for them.
    again
        Send a zip that was sent before.
    static
        Check the zip by reading it only; run nothing.
    waiting
        Whether and how long to wait; None waits for four hours.
    runtime
        How the check runs the zip; None is as in :func:`check`.
    progress
        Called with the number of bytes sent.

    Returns
    -------
    SubmissionResult or None
        The submission with its status and, if it has ended, its scores or the diagnosis of its logs. None if `confirm`
        returned False.

    Raises
    ------
    CodabenchError
        If there is no token, the zip must not be sent, the phase is not open, or the server refuses.

    Examples
    --------
    >>> import submission_builder as sb
    >>> sb.submit(submission_zip, confirm=lambda plan: True)
    Traceback (most recent call last):
        ...
    submission_builder.base.errors.CodabenchError: there is no token for https://www.codabench.org
    """
    path, site, waiting, extras = Path(submission), site.rstrip("/"), waiting or Waiting(), extras or Extras()
    digest = digests(path)
    client = open_client(site)
    with only_one_sender(digest["md5"]):
        before = None if again else earlier(read_records(site), digest["md5"], competition)
        resumed = before is not None and is_pending(before) and waiting.wait
        if before and resumed:
            record = before
        else:
            if before:
                require_new(before)
            notes = (*size_notes(path.stat().st_size), *require_unchanged(path, digest["sha256"]))
            plan, chosen = _planned(client, path, competition, phase, extras)
            notes += require_sound(check(path, static=static, runtime=runtime))
            if not confirm(replace(plan, notes=notes)):
                return None
            record = _begun(path, digest, site, competition, chosen, extras, before)
            record = send(client, record, path, extras, progress)
    return follow(client, record, waiting, resumed=resumed) if waiting.wait else SubmissionResult(record)


def _planned(
    client: Client, path: Path, competition: int, phase: str | None, extras: Extras
) -> tuple[SubmissionPlan, Phase]:
    """Ask the server for the phase, and whether it accepts a submission."""
    now = datetime.now(UTC)
    found = client.competition(competition)
    chosen = choose_phase(found, phase, now)
    permission = client.permission(chosen.id)
    if not permission.can:
        raise CodabenchError(f"Codabench accepts no submission to phase {chosen.id} now: {permission.reason}")
    plan = SubmissionPlan(
        path,
        path.stat().st_size,
        found.title,
        f"{chosen.id} ({chosen.name})",
        when(chosen.end) if chosen.end else None,
        extras.organization,
        quota(chosen, read_records(client.connection.server), now),
    )
    return plan, chosen


def open_client(site: str) -> Client:
    """Return a client with the token of a server.

    Raises
    ------
    CodabenchError
        If there is no token, or the address is not one of the web.
    """
    token = find_token(site)
    if token is None:
        host = urlsplit(site).hostname or site
        hint = f"set {VARIABLE}, or store it: keyring set {SERVICE} {host}; `subpack submit --help` says how to get one"
        raise CodabenchError(f"there is no token for {site}", hint=hint)
    return Client(Connection(site, token))


def _begun(
    path: Path,
    digest: dict[str, str],
    site: str,
    competition: int,
    phase: Phase,
    extras: Extras,
    before: Record | None,
) -> Record:
    """Return a new record in place of one that was not sent; uploaded bytes keep their key for the same phase."""
    key = before.key if before and before.stage == "uploaded" and before.phase == phase.id else None
    if before and before.stage in ("uploading", "uploaded"):
        forget_record(before)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    place = (site, competition, phase.id, phase.name, str(path.absolute()), digest["sha256"], digest["md5"])
    return Record(*place, at, "uploaded" if key else "uploading", key, extras.organization)
