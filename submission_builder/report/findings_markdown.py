"""Findings as a Markdown table, for the summary of a CI job."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from submission_builder.base.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.checks.runner import CheckReport, Finding

_HEAD = "| | check | where | what |\n| --- | --- | --- | --- |"


def append_summary(checked: Sequence[CheckReport], path: Path) -> None:
    """Append the tables to a file, which other steps of a job append to as well.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(as_markdown(checked) + "\n")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def as_markdown(checked: Sequence[CheckReport]) -> str:
    """One table a zip; what was skipped is named below it."""
    return "\n".join(_section(one) for one in checked)


def _section(checked: CheckReport) -> str:
    severities = [finding.severity for finding in checked.findings]
    errors, warnings = severities.count("error"), severities.count("warning")
    lines = [
        f"### {_cell(str(checked.path))}",
        f"{errors} errors, {warnings} warnings; {len(checked.passed)} checks passed, {len(checked.skipped)} skipped",
    ]
    if checked.findings:
        lines.append("\n".join([_HEAD, *map(_row, checked.findings)]))
    if checked.skipped:
        lines.append("\n".join(f"- {id_} skipped, because {_cell(why)}" for id_, why in checked.skipped.items()))
    return "\n\n".join(lines) + "\n"


def _row(finding: Finding) -> str:
    return f"| {finding.severity} | {finding.id} | {_cell(finding.where)} | {_cell(finding.message)} |"


def _cell(text: str) -> str:
    """Show text as it is: a zip's own names must neither end a cell nor be read as Markdown or HTML."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]~#|!" else c for c in " ".join(text.split()))
    return html.escape(escaped, quote=False)
