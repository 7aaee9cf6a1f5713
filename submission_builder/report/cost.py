"""Cost of a run in the terminal, and its projection to all of R5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.report.cache_listing import size

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.workflows.evaluate.cost import Projection, RunCost


def show_cost(cost: RunCost, console: Console, *, cached: bool, of: str | None = None) -> None:
    """Print load time, rates and peak memory, then one line per projection.

    Parameters
    ----------
    cost
        What was measured.
    console
        Where to print.
    cached
        Whether an earlier run was measured.
    of
        Name of the release, if there are several.
    """
    rates = (f", {rate:,.0f} single windows of challenge {n} per second" for n, rate in cost.windows_per_s.items())
    load_s = sum(cost.load_s.values())
    measured = "measured in the earlier run: " if cached else ""
    lines = [f"{measured}model loading {load_s:.1f} s{''.join(rates)}; peak memory {size(cost.peak)}"]
    for projection in cost.projections:
        low, mid, high = projection.seconds
        n_windows = " + ".join(f"{n:,}" for n in projection.n_windows.values())
        lines.append(
            f"{projection.name} ({n_windows} windows) would take {mid:,.0f} s ({low:,.0f} to {high:,.0f}) here, one "
            f"window at a time, without reading the recordings: {against_limits(projection)}; it would need "
            f"{size(projection.memory[1])} of memory"
        )
    if cost.too_few:
        few = " and ".join(map(str, cost.too_few))
        lines.append(
            f"the time of a longer run is not projected: fewer than a few hundred single windows of challenge {few} "
            "were predicted"
        )
    for line in lines:
        console.print(f"{of}: {line}." if of else f"{line}.", style="dim", soft_wrap=True, highlight=False)


def against_limits(projection: Projection) -> str:
    """Compare a time with each limit, such as ``within the limit of 927 s and over the limit of 600 s``."""
    words = {"within": "within", "open": "possibly within", "over": "over"}
    parts = [
        f"{word} {'the limit' if len(limits) == 1 else 'the limits'} of {', '.join(f'{limit:g}' for limit in limits)} s"
        for fit, word in words.items()
        if (limits := [limit for limit, found in projection.limits.items() if found == fit])
    ]
    return " and ".join(parts)
