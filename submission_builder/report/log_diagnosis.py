"""The diagnosis of a log, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.report.findings import indented

if TYPE_CHECKING:
    from submission_builder.workflows.diagnose.result import Cause, LogDiagnosis

_MOST = 5
"""Causes that are described; the others are only named."""


def as_text(diagnosis: LogDiagnosis) -> str:
    """Write the causes with their evidence, the most probable first, and what to type next."""
    lines = []
    for i, cause in enumerate(diagnosis.causes[:_MOST], 1):
        lines += _cause_lines(i, cause)
    if others := diagnosis.causes[_MOST:]:
        lines.append(f"less probable: {', '.join(cause.word for cause in others)}")
    if diagnosis.unclear:
        start = "the log alone names no cause" if diagnosis.causes else f"{diagnosis.log}: cannot tell"
        lines.append(f"{start}: {indented(diagnosis.unclear)}")
    lines += [f"note: {indented(note)}" for note in diagnosis.notes]
    lines += [f"next: {command}" for command in diagnosis.commands]
    return "\n".join(lines)


def _cause_lines(i: int, cause: Cause) -> list[str]:
    return [
        f"{i}. {cause.word} ({cause.kind}): {cause.title}",
        *(f"    {indented(line)}" for line in cause.evidence),
        f"    solution: {cause.solution}",
        f"    next: {cause.command}",
    ]
