"""A comparison as tables in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from submission_builder.protocol.metrics import DECIMALS
from submission_builder.report.evaluation_terminal import title_of
from submission_builder.report.evaluations_table import short_names
from submission_builder.report.numbers import UNKNOWN, decimal, interval, probability
from submission_builder.report.numbers_table import numbers_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from submission_builder.scores.interval import Difference
    from submission_builder.workflows.compare.comparison import Candidate, Comparison

TITLES = {"challenge1": "challenge 1", "challenge2": "challenge 2", "overall": "overall"}
"""Name of each score."""
MEMBER_COLUMNS = ("member", "challenge", "weight", "without it", "effect", "95 % interval")
"""Headings of :func:`member_rows`."""
BOARD_NOTE = (
    "note: the boards of 2025 were scored on another release; a rank there says little about a rank on other subjects."
)


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print the candidates best first, their differences from the best, the optimism of the best, and the plan."""
    first = comparison.candidates[0].evaluation
    names = _names(comparison)
    release = ", ".join(title_of(part) for part in first.parts)
    keys = list(comparison.candidates[0].scores)
    title = f"{release} · profile {first.profile} · best first"
    table = numbers_table(title, "zip", [TITLES[key] for key in keys])
    for name, candidate in zip(names, comparison.candidates, strict=True):
        table.add_row(name, *(_score(candidate, key) for key in keys))
    console.print(table)
    _show_differences(comparison, names, console)
    for line in optimism_lines(comparison):
        console.print(Text(line), soft_wrap=True)
    _show_members(comparison, console)
    _show_plan(comparison, names, console)


def _names(comparison: Comparison) -> list[Text]:
    return [Text(name) for name in short_names([candidate.path for candidate in comparison.candidates])[1]]


def _score(candidate: Candidate, key: str) -> str:
    found = candidate.over_subjects.get(key)
    return f"{decimal(candidate.scores[key], DECIMALS)}\n{interval(found.interval if found else None)}"


def _show_differences(comparison: Comparison, names: Sequence[Text], console: Console) -> None:
    keys = list(comparison.candidates[0].over_subjects)
    if not keys or len(comparison.candidates) < 2:  # noqa: PLR2004 - a difference needs two
        return
    title = "difference from the best · 95 % interval · P(better than the best)"
    table = numbers_table(title, "zip", [TITLES[key] for key in keys])
    for name, candidate in list(zip(names, comparison.candidates, strict=True))[1:]:
        table.add_row(name, *(difference_cell(candidate.to_best.get(key)) for key in keys))
    console.print(table)


def difference_cell(found: Difference | None) -> str:
    """Write a paired difference with its interval and the probability that it is below 0."""
    if found is None:
        return UNKNOWN
    if found.value == 0 and not found.shown:
        return "equal"
    low, high = found.interval
    noise = "" if found.shown else ", noise"
    return f"{found.value:+.4f}{noise}\n{low:+.3f} to {high:+.3f}\nP {probability(found.p_better)}"


def optimism_lines(comparison: Comparison) -> list[str]:
    """Write how much too good the lowest of several scores is, one sentence per score."""
    n = len(comparison.candidates)
    if n == 1:
        return []
    return [
        f"{TITLES[key]}: the lowest of {n} scores, {best.score:.5f}, is too good by {best.optimism:.4f} because it was "
        f"selected; corrected: {best.corrected:.4f}."
        for key, best in comparison.best_of.items()
    ]


def _show_members(comparison: Comparison, console: Console) -> None:
    if not comparison.members:
        return
    name, *numbers = MEMBER_COLUMNS
    table = numbers_table("members of ensembles: the ensemble, and without the member", name, numbers)
    for cells in member_rows(comparison):
        table.add_row(*map(Text, cells))
    console.print(table)
    console.print(
        "effect: nrmse of the ensemble minus nrmse without the member; below 0 the member helps.", style="dim"
    )


def member_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return the cells of the table of members: name, challenge, weight, score without it, effect and interval."""
    return [
        (
            f"{one.path.name} · {one.member}",
            str(one.challenge),
            decimal(one.weight, 2),
            decimal(one.without, DECIMALS),
            f"{one.difference.value:+.4f}" if one.difference else UNKNOWN,
            interval(one.difference.interval if one.difference else None),
        )
        for one in comparison.members
    ]


def _show_plan(comparison: Comparison, names: Sequence[Text], console: Console) -> None:
    for line in plan_lines(comparison, [name.plain for name in names]):
        console.print(Text(line), soft_wrap=True)
    if has_placement(comparison):
        console.print(BOARD_NOTE, style="dim", soft_wrap=True)


def plan_lines(comparison: Comparison, names: Sequence[str]) -> list[str]:
    """Write what to do with each zip, and below it where it would have stood on the boards of 2025."""
    lines = []
    for name, candidate, advice in zip(names, comparison.candidates, comparison.plan, strict=True):
        needed = f"; about {advice.subjects_needed:,} subjects would settle it" if advice.subjects_needed else ""
        lines.append(f"{name}: {advice.action} – {advice.reason}{needed}.")
        lines += [f"  board of 2025, {found}" for found in candidate.placement]
    return lines


def has_placement(comparison: Comparison) -> bool:
    """Whether a zip is compared with the boards of 2025."""
    return any(candidate.placement for candidate in comparison.candidates)
