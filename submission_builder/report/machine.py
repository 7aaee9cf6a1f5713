"""The examination of this machine, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from submission_builder.workflows.doctor.result import MachineReport


def as_text(report: MachineReport) -> str:
    """Write one line for each property, its remedy below it, and a line that says whether subpack can work."""
    width = max(len(item.name) for item in report.items)
    lines = []
    for item in report.items:
        lines.append(f"{item.state:7} {item.name:{width}}  {item.fact}")
        if item.remedy:
            lines.append(f"{'':7} {'':{width}}  → {item.remedy}")
    n = len(report.problems)
    lines.append(
        "nothing prevents work" if report.ok else f"{n} problem{'s' * (n > 1)} to mend before subpack can work"
    )
    return "\n".join(lines)
