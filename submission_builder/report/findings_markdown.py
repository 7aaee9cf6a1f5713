"""Reports of ``subpack check`` as Markdown tables, for the summary of a CI job."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from submission_builder.base.errors import OutputError
from submission_builder.base.printable import printable
from submission_builder.report.findings import counts, run_line, skipped_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.checks.report import CheckReport, Finding

_HEAD = "| | check | where | finding |\n| --- | --- | --- | --- |"


def append_summary(reports: Sequence[CheckReport], path: Path) -> None:
    """Append the tables to a file, to which other steps of a job also append.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(as_markdown(reports) + "\n")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def as_markdown(reports: Sequence[CheckReport]) -> str:
    """Write one table for each zip, and the skipped checks below it."""
    return "\n".join(_section(report) for report in reports)


def _section(report: CheckReport) -> str:
    parts = [f"### {_cell(str(report.path))}", f"{counts(report)}; {_cell(run_line(report))}"]
    if report.findings:
        parts.append("\n".join([_HEAD, *map(_row, report.findings)]))
    if report.skipped:
        parts.append("\n".join(f"- {_cell(line)}" for line in skipped_lines(report)))
    if report.servers:
        parts.append("\n".join(f"- {_cell(note)}" for note in report.notes()))
    return "\n\n".join(parts) + "\n"


def _row(finding: Finding) -> str:
    return f"| {finding.severity} | {finding.id} | {_cell(finding.place)} | {_cell(finding.message)} |"


def _cell(text: str) -> str:
    """Escape text from a zip, so that it neither ends a cell nor is rendered as Markdown or HTML."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]~#|!" else c for c in " ".join(printable(text).split()))
    return html.escape(escaped, quote=False)
