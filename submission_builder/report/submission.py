"""Submissions to Codabench in the terminal."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.cache_listing import size
from submission_builder.report.evaluations_table import folded
from submission_builder.report.findings import indented
from submission_builder.report.log_diagnosis import as_text as diagnosis_text
from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, decimal

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.workflows.submit.list_submissions import SentZip, SubmissionList
    from submission_builder.workflows.submit.result import SubmissionPlan, SubmissionResult


def plan_text(plan: SubmissionPlan) -> str:
    """Describe what is about to be sent, and what it uses up."""
    quota = plan.quota
    day = _used("today (UTC)", quota.sent_today, quota.per_day)
    person = _used("in all", quota.sent_in_all, quota.per_person)
    team = UNKNOWN if plan.organization is None else f"organization {plan.organization}"
    lines = [
        f"zip: {plan.path} ({size(plan.n_bytes)})",
        f"competition: {plan.competition}",
        f"phase: {plan.phase}, {f'until {plan.ends}' if plan.ends else 'without an end'}",
        f"team: {team if plan.organization is not None else 'none, it counts for your account'}",
        f"this submission uses up: {day}; {person}",
        "other members of a team and other machines may have used up more; a failed run does not count",
    ]
    return "\n".join(indented(line) for line in [*lines, *(f"note: {note}" for note in plan.notes)])


def _used(span: str, sent: int, most: int | None) -> str:
    if most is None:
        return f"no limit {span}, this machine has sent {sent}"
    return f"1 of {most} {span}, this machine has sent {sent}"


def result_text(result: SubmissionResult) -> str:
    """Describe a submission, its scores, or why it failed, and what to type next."""
    record = result.record
    lines = [
        f"submission {record.number}: {record.status}{f' ({record.status_details})' if record.status_details else ''}"
    ]
    lines += [f"{key}: {value}" for key, value in record.scores.items()]
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"log: {path}" for path in result.logs]
    if result.hidden_logs:
        lines.append(f"hidden or not readable: {', '.join(result.hidden_logs)}")
    elif result.hidden_logs is not None and not result.logs:
        lines.append("the organisers show no logs")
    text = "\n".join(indented(line) for line in lines)
    if result.diagnosis:
        text += "\n" + diagnosis_text(result.diagnosis)
    if record.status == "Cancelled":
        text += "\na cancelled submission counts for the quota; --again sends the zip once more"
    elif not result.ended:
        text += f"\nnext: subpack submit {shlex.quote(record.path)} --wait"
    return text


def show_submissions(listing: SubmissionList, console: Console) -> None:
    """Print one row per submission, the newest first: status, scores of the server, and local scores."""
    if not listing.rows:
        console.print("nothing was sent from this machine", highlight=False)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("sent\n(UTC)", "zip\nsha256", "number\nphase", "status"):
        table.add_column(heading, overflow="fold")
    table.add_column("", no_wrap=True)
    for heading in ("server", "local"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in listing.rows:
        table.add_row(*_cells(row))
    console.print(table)
    if releases := sorted({release for row in listing.rows if (release := _release(row))}):
        console.print(f"local: the newest evaluation of the same bytes, on {', '.join(releases)}", highlight=False)


def _cells(row: SentZip) -> list[str | Text]:
    record, local = row.record, row.local
    names = list(dict.fromkeys([*record.scores, *(_SCORES if local else ())]))
    return [
        record.at[:16].replace("T", "\n"),
        Text(f"{folded(Path(record.path).name, _LONGEST)}\n{record.sha256[:8]}"),
        Text(f"{record.number or UNKNOWN}\n{record.phase_name}"),
        record.status or record.stage,
        Text("\n".join(names)),
        Text("\n".join(record.scores.get(name, UNKNOWN) for name in names) or UNKNOWN),
        "\n".join(decimal(getattr(local, name, None), DECIMALS) for name in names) or UNKNOWN,
    ]


def _release(row: SentZip) -> str | None:
    local = row.local
    return marked(local.release, simulated=bool(local.simulated)) if local and local.release else None


_SCORES = ("overall", "challenge1", "challenge2")
_LONGEST = 21
"""Characters of a zip's name."""
