"""Reports of ``subpack check`` as SARIF 2.1.0, which GitHub's code scanning reads."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from submission_builder.base.printable import printable
from submission_builder.report.json_file import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.checks.check import Check
    from submission_builder.checks.report import CheckReport, Finding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(reports: Sequence[CheckReport], checks: Sequence[Check]) -> str:
    """Write a SARIF log: checks as rules, findings as results, and one invocation for each zip."""
    driver = {"name": "subpack", "version": version("subpack"), "rules": [_rule(check) for check in checks]}
    results = [_result(report, finding) for report in reports for finding in report.findings]
    run = {"tool": {"driver": driver}, "invocations": [_invocation(one) for one in reports], "results": results}
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "shortDescription": {"text": check.fault},
        "fullDescription": {"text": f"{check.title} {check.why}"},
        "help": {"text": f"Causes: {check.causes}\n\nSolution: {check.solution}"},
        "defaultConfiguration": {"level": check.severity},
    }


def _result(report: CheckReport, finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(report.path.as_posix())}}
    return {
        "ruleId": finding.id,
        "level": finding.severity,
        "message": {"text": _plain(report.placed(finding))},
        "locations": [{"physicalLocation": location}],
    }


def _invocation(report: CheckReport) -> dict[str, Any]:
    """Tell whether the checks could be made; a machine that cannot run the submission is a notification."""
    if not report.undecided:
        return {"executionSuccessful": True}
    notification = {"level": "error", "message": {"text": _plain(f"{report.path}: {report.message}")}}
    return {"executionSuccessful": False, "toolExecutionNotifications": [notification]}


def _plain(text: str) -> str:
    """Escape the brackets of a message, which would be a link (SARIF 2.1.0, 3.11.6), and unseen characters."""
    return re.sub(r"([\\\[\]])", r"\\\1", printable(text))
