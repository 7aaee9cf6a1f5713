"""One report from the reports of a zip under the replicas of several server images."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from submission_builder.sandbox.outcomes import OUTCOMES
from submission_builder.server.differences import Difference, differing_outcomes, differing_predictions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from submission_builder.checks.report import CheckReport, Finding

    Reports = Mapping[str, CheckReport]

_NUMBER = re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?")
_GRAVEST = ("submission", "release", "machine", None)
"""Faults of an outcome, the gravest first."""


def joined(reports: Reports, not_installed: Sequence[str]) -> CheckReport:
    """Join reports of the same checks on the same zip.

    Parameters
    ----------
    reports
        By image; at least one.
    not_installed
        Images without a replica.

    Returns
    -------
    CheckReport
        All findings. A check has passed if it passed under every image. The outcome is the gravest.
    """
    gravest = min(reports.values(), key=_gravity)
    findings = _findings(reports)
    found = {finding.id for finding in findings}
    skipped = {id_: why for report in reports.values() for id_, why in report.skipped.items() if id_ not in found}
    passed = {id_ for report in reports.values() for id_ in report.passed} - found - skipped.keys()
    return replace(
        gravest,
        findings=findings,
        passed=tuple(sorted(passed)),
        skipped=skipped,
        servers=dict(reports),
        not_installed=tuple(not_installed),
        differences=tuple(_differences(reports)),
    )


def _gravity(report: CheckReport) -> int:
    return _GRAVEST.index(OUTCOMES[report.outcome].fault if report.outcome else None)


def _findings(reports: Reports) -> tuple[Finding, ...]:
    """Return every finding once, with the images under which it was made unless it was made under all.

    Messages that differ in numbers alone, such as a measured difference, belong to one finding; the first is kept.
    """
    found: dict[Finding, Finding] = {}
    servers: dict[Finding, list[str]] = {}
    for server, report in reports.items():
        for finding in report.findings:
            alike = replace(finding, message=_NUMBER.sub("#", finding.message))
            while server in servers.get(alike, ()):
                alike = replace(alike, message=f"{alike.message}, again")  # two findings of one report stay two
            found.setdefault(alike, finding)
            servers.setdefault(alike, []).append(server)
    marked = [
        finding if len(servers[alike]) == len(reports) else replace(finding, servers=tuple(servers[alike]))
        for alike, finding in found.items()
    ]
    return tuple(sorted(marked, key=lambda finding: finding.rank))


def _differences(reports: Reports) -> Iterator[Difference]:
    """Yield how the runs differ: their outcomes, their findings, their predictions."""
    yield from differing_outcomes({server: report.outcome or "not run" for server, report in reports.items()})
    for id_, where in sorted({(one.id, one.where) for report in reports.values() for one in report.findings}):
        states = {server: _state(report, id_, where) for server, report in reports.items()}
        if len(set(states.values())) > 1:
            yield Difference(f"{id_} {where}", states)
    for challenge in sorted(set.intersection(*(set(report.predictions) for report in reports.values()))):
        yield from differing_predictions(
            challenge, {server: report.predictions[challenge] for server, report in reports.items()}
        )


def _state(report: CheckReport, id_: str, where: str) -> str:
    """Tell what a check found at a place under one image."""
    if any((one.id, one.where) == (id_, where) for one in report.findings):
        return "found"
    return "skipped" if id_ in report.skipped else "not found"
