"""A comparison as one HTML file that loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.report.comparison_terminal import (
    BOARD_NOTE,
    MEMBER_COLUMNS,
    TITLES,
    difference_cell,
    has_placement,
    member_rows,
    optimism_lines,
    plan_lines,
)
from submission_builder.report.evaluation_page import mark_of
from submission_builder.report.evaluations_page import labels, overview
from submission_builder.report.html_page import PageTable, write_html
from submission_builder.report.score_axis import DifferenceRow, draw_differences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.report.picture import PageFigure
    from submission_builder.workflows.compare.comparison import Comparison


def write_comparison_page(comparison: Comparison, path: Path) -> None:
    """Write the page.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    evaluations = [*(candidate.evaluation for candidate in comparison.candidates), *comparison.failed]
    names = labels(evaluations)
    mark = mark_of(evaluations[0])
    write_html(
        "comparison.html",
        path,
        **overview(list(zip(names, evaluations, strict=True))),
        differences=_differences(comparison, names),
        difference_axes=[figure.marked(mark) for figure in _axes(comparison, names)],
        optimism=optimism_lines(comparison),
        members=_members(comparison),
        plan=plan_lines(comparison, names[: len(comparison.candidates)]),
        board_note=BOARD_NOTE if has_placement(comparison) else "",
    )


def _keys(comparison: Comparison) -> list[str]:
    """Return the scores whose differences are known; none if there is one zip only."""
    several = len(comparison.candidates) > 1
    return list(comparison.candidates[0].over_subjects) if several else []


def _differences(comparison: Comparison, names: Sequence[str]) -> PageTable | None:
    keys = _keys(comparison)
    if not keys:
        return None
    rows = [
        (name, *(difference_cell(candidate.to_best.get(key)) for key in keys))
        for name, candidate in list(zip(names, comparison.candidates, strict=False))[1:]
    ]
    return PageTable(f"Differences from {names[0]}", ("zip", *(TITLES[key] for key in keys)), rows)


def _axes(comparison: Comparison, names: Sequence[str]) -> list[PageFigure]:
    """Draw the differences of each score."""
    figures = []
    for key in _keys(comparison):
        found = [(name, one.to_best.get(key)) for name, one in zip(names, comparison.candidates, strict=False)]
        rows = [DifferenceRow(name, one.value, one.interval) for name, one in found if one]
        if rows:
            figures.append(draw_differences(rows, f"Differences, {TITLES[key]}"))
    return figures


def _members(comparison: Comparison) -> PageTable | None:
    if not comparison.members:
        return None
    return PageTable("The ensemble, and without the member", MEMBER_COLUMNS, member_rows(comparison))
