"""What a run cost, and what one on all of R5 would, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.report.cache_listing import size

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.workflows.evaluate.cost import Projection, RunCost


def show_cost(cost: RunCost, console: Console) -> None:
    """Print what the run cost, and what others would."""
    paces = (f", {rate:,.0f} windows of challenge {n} a second one by one" for n, rate in cost.windows_per_s.items())
    load_s = sum(cost.load_s.values())
    lines = [f"loading took {load_s:.1f} s{''.join(paces)}; peak memory {size(cost.peak)}"]
    for projection in cost.projections:
        low, mid, high = projection.seconds
        n_windows = " + ".join(f"{n:,}" for n in projection.n_windows.values())
        lines.append(
            f"{projection.name} ({n_windows} windows) would take {mid:,.0f} s ({low:,.0f} to {high:,.0f}) one by one "
            f"here, {_against(projection)}, and {size(projection.memory[1])} of memory; another machine is slower or "
            "faster, and reading the recordings comes on top"
        )
    if cost.too_few:
        few = " and ".join(map(str, cost.too_few))
        lines.append(
            f"what a longer run would take is not told: of challenge {few}, fewer than some hundred windows were asked "
            "one by one"
        )
    for line in lines:
        console.print(f"{line}.", style="dim", soft_wrap=True, highlight=False)


def _against(projection: Projection) -> str:
    """Say on which side of each limit a time lies."""
    sides = {"within": "within", "open": "perhaps within", "over": "over"}
    parts = [
        f"{words} {', '.join(f'{limit:g}' for limit in limits)} s"
        for side, words in sides.items()
        if (limits := [limit for limit, diagnosis in projection.limits.items() if diagnosis == side])
    ]
    return " and ".join(parts)
