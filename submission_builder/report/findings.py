"""Findings of the catalogue: as text, JSON, GitHub annotations and SARIF 2.1.0."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.checks.check import Check
    from submission_builder.checks.runner import CheckReport, Finding

_SCHEMA = 1
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(checked: Sequence[CheckReport], checks: Sequence[Check]) -> str:
    """One line a finding, then what was skipped and how many passed."""
    del checks
    return "\n\n".join(_text(one) for one in checked)


def _text(checked: CheckReport) -> str:
    lines = [f"{f.id} {f.severity:7} {f.where}: {f.message}" for f in checked.findings]
    lines += [f"{ids} skipped, because {reason}" for reason, ids in _by_reason(checked).items()]
    failed = len({finding.id for finding in checked.findings})
    ran = f"run at isolation {checked.isolation}" if checked.isolation else "nothing of it was run"
    summary = f"{checked.path}: {len(checked.passed)} passed, {failed} failed, {len(checked.skipped)} skipped; {ran}"
    hint = [f"subpack explain {checked.findings[0].id} says more"] if checked.findings else []
    return "\n".join([*lines, summary, *hint])


def _by_reason(checked: CheckReport) -> dict[str, str]:
    """Join the ids of checks that were skipped for one reason."""
    ids: dict[str, list[str]] = {}
    for id_, reason in checked.skipped.items():
        ids.setdefault(reason, []).append(id_)
    return {reason: ", ".join(skipped) for reason, skipped in ids.items()}


def as_json(checked: Sequence[CheckReport], checks: Sequence[Check]) -> str:
    """One object for one zip, a list for several."""
    del checks
    objects = [
        {
            "schema": _SCHEMA,
            "zip": str(one.path),
            "findings": [
                {key: asdict(finding)[key] for key in ("id", "severity", "where", "message")}
                for finding in one.findings
            ],
            "skipped": [{"id": id_, "reason": reason} for id_, reason in one.skipped.items()],
            "passed": list(one.passed),
            "isolation": one.isolation,
        }
        for one in checked
    ]
    return json.dumps(objects[0] if len(objects) == 1 else objects, indent=2, ensure_ascii=False)


def as_github(checked: Sequence[CheckReport], checks: Sequence[Check]) -> str:
    """Workflow commands that become annotations."""
    titles = {check.id: check.title for check in checks}
    return "\n".join(
        f"::{finding.severity} title={_escaped(f'{finding.id} {titles[finding.id]}', property_=True)}::"
        + _escaped(f"{one.path} {finding.where}: {finding.message}")
        for one in checked
        for finding in one.findings
    )


def as_sarif(checked: Sequence[CheckReport], checks: Sequence[Check]) -> str:
    """Write a SARIF 2.1.0 log, which code scanning takes."""
    rules = [
        {
            "id": check.id,
            "shortDescription": {"text": check.title},
            "fullDescription": {"text": check.why},
            "help": {"text": check.solution},
            "defaultConfiguration": {"level": check.severity},
        }
        for check in checks
    ]
    results = [_result(one, finding) for one in checked for finding in one.findings]
    driver = {"name": "subpack", "version": version("subpack"), "rules": rules}
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _result(checked: CheckReport, finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": checked.path.as_posix()}}
    return {
        "ruleId": finding.id,
        "level": finding.severity,
        "message": {"text": f"{finding.where}: {finding.message}"},
        "locations": [{"physicalLocation": location}],
    }


def _escaped(text: str, *, property_: bool = False) -> str:
    """Escape as workflow commands want it."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property_ else text


def page(check: Check) -> str:
    """Write the page of a check."""
    return (
        f"{check.id} ({check.severity})\n{check.title}\n\n"
        f"Why        {check.why}\nCauses     {check.causes}\nSolution   {check.solution}"
    )


FORMATS = {"text": as_text, "json": as_json, "github": as_github, "sarif": as_sarif}
