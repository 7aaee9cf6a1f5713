"""Reports of ``subpack check``: as text, JSON and GitHub annotations; SARIF has its own module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from submission_builder.base.printable import printable
from submission_builder.report.findings_sarif import as_sarif
from submission_builder.report.github import annotation
from submission_builder.report.json_file import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from submission_builder.checks.check import Check
    from submission_builder.checks.report import CheckReport

Format = Literal["text", "json", "github", "sarif"]


def render(reports: Sequence[CheckReport], checks: Sequence[Check], format_: Format) -> str:
    """Render reports in one of the formats.

    Parameters
    ----------
    reports
        One for each zip.
    checks
        All checks, which SARIF lists as its rules.
    format_
        The format.
    """
    if format_ == "sarif":
        return as_sarif(reports, checks)
    return {"text": as_text, "json": as_json, "github": as_github}[format_](reports)


def as_text(reports: Sequence[CheckReport]) -> str:
    """Write one line for each finding, then the skipped checks, counts, notes and the command that explains most."""
    return "\n\n".join(_text(report) for report in reports)


def _text(report: CheckReport) -> str:
    lines = [f"{one.id} {one.severity:7} {printable(one.place)}: {indented(one.message)}" for one in report.findings]
    lines += skipped_lines(report)
    lines.append(f"{report.path}: {counts(report)}; {run_line(report)}")
    lines += [f"note: {indented(note)}" for note in report.notes()]
    if report.undecided:
        lines.append(f"`subpack explain {report.outcome}` describes the solution")
    elif report.findings:
        lines.append(f"`subpack explain {report.findings[0].id}` describes the causes and the solution")
    return "\n".join(lines)


def indented(text: str) -> str:
    """Indent all lines but the first, and make the text harmless for a terminal and a log."""
    return printable(text).replace("\n", "\n    ")


def skipped_lines(report: CheckReport) -> list[str]:
    """Write one line for each reason, with the number of checks that were skipped and their ids."""
    ids: dict[str, list[str]] = {}
    for id_, reason in report.skipped.items():
        ids.setdefault(reason, []).append(id_)
    return [f"skipped {len(skipped)} ({_ranges(skipped)}): {indented(reason)}" for reason, skipped in ids.items()]


def _ranges(ids: Iterable[str]) -> str:
    """Join ids, and write three or more consecutive ones as a range."""
    runs: list[list[str]] = []
    for id_ in sorted(ids):
        if runs and int(id_[1:]) == int(runs[-1][-1][1:]) + 1:
            runs[-1].append(id_)
        else:
            runs.append([id_])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)  # noqa: PLR2004


def counts(report: CheckReport) -> str:
    """Write the numbers of errors, warnings, passed and skipped checks."""
    errors, warnings = _count(len(report.errors), "error"), _count(len(report.warnings), "warning")
    return f"{errors}, {warnings}; {_count(len(report.passed), 'check')} passed, {len(report.skipped)} skipped"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def run_line(report: CheckReport) -> str:
    """Describe the run: whether there was one, how it ended, under which versions, and how isolated."""
    if report.servers and report.outcome:
        return "; ".join(f"{server}: {run_line(one)}" for server, one in report.servers.items())
    if report.outcome is None:
        return "nothing was run"
    if report.undecided:
        return f"this machine cannot tell whether the submission runs ({report.outcome})"
    ended = "ran" if report.outcome == "scored" else f"the run ended in {report.outcome}"
    if report.ran is None:
        return ended
    return f"{ended} under {report.ran}, isolation {report.isolation}"


def as_json(reports: Sequence[CheckReport]) -> str:
    """Write one object for one zip, a list for several; ``CheckReport.to_dict`` documents the keys."""
    objects = [report.to_dict() for report in reports]
    return json_text(objects[0] if len(objects) == 1 else objects)


def as_github(reports: Sequence[CheckReport]) -> str:
    """Write workflow commands, which GitHub shows as annotations."""
    return "\n".join(line for report in reports for line in _annotations(report))


def _annotations(report: CheckReport) -> list[str]:
    lines = [
        annotation(one.severity, f"{one.id} {one.fault}", f"{report.path}: {report.placed(one)}")
        for one in report.findings
    ]
    if report.undecided:
        message = f"{report.path}: {report.message}"
        lines.append(annotation("error", f"{report.outcome} This machine cannot run the submission", message))
    return lines
