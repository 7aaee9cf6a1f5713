"""Time and memory of a replay, and their projection to runs of other sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from submission_builder.harness.projection import Span, growth, seconds_for
from submission_builder.server.facts import TIME_LIMITS_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from submission_builder.harness.replay import Replay

Fit = Literal["within", "over", "open"]
"""Whether a projected time stays within a limit; ``open`` if the limit lies in the interval."""

_FEWEST_BLOCKS = 4
_LEAK_BYTES = 1024
"""Growth of memory per window from which on it is reported: 120 MiB on R5. Smaller growth is the allocator's."""


@dataclass(frozen=True)
class Projection:
    """Time and memory of a run of another size on this machine, one window at a time."""

    name: str
    """Such as ``R5``."""
    n_windows: dict[int, int]
    """By challenge."""
    seconds: Span
    """Of the submission alone, without reading the recordings."""
    memory: Span
    """Peak, in bytes."""
    limits: dict[float, Fit]
    """By limit in s."""


@dataclass(frozen=True)
class RunCost:
    """Time and memory of a replay."""

    load_s: dict[int, float]
    """Time until the model was built, by challenge."""
    windows_per_s: dict[int, float]
    """Rate of single windows by challenge; a challenge is missing if too few windows were predicted to measure it."""
    peak: int
    """Peak memory, in bytes."""
    growth: dict[int, Span]
    """Growth of memory in bytes per window, by challenge; missing if too few windows were predicted to measure it."""
    projections: tuple[Projection, ...]
    too_few: tuple[int, ...]
    """Challenges of which too few single windows were predicted to project their time."""

    def leaks(self) -> dict[int, Span]:
        """Return the growth of the challenges whose memory grows with every window."""
        return {number: span for number, span in self.growth.items() if span[0] > _LEAK_BYTES}


def cost_of(replay: Replay, sizes: Mapping[str, Mapping[int, int]], limit_s: float) -> RunCost:
    """Summarise the cost of a replay, and project it.

    Parameters
    ----------
    replay
        The replay.
    sizes
        Windows by challenge, by name of the projection. A size is left out if it has windows of a challenge that was
        not measured.
    limit_s
        The time limit of this run in s, beside the known marks of the server.
    """
    timed = {n: cost.single_windows for n, cost in replay.costs.items() if len(cost.single_windows) >= _FEWEST_BLOCKS}
    grows = {n: span for n, cost in replay.costs.items() if (span := growth(cost.memory))}
    load_s = {n: cost.load_s for n, cost in replay.costs.items()}
    projections, too_few = [], set()
    for name, n_windows in sizes.items():
        counts = {n: count for n, count in n_windows.items() if count}
        untimed = counts.keys() - timed.keys()
        too_few |= untimed
        if untimed or not counts:
            continue
        seconds = _sum([(sum(load_s.values()),) * 3, *(seconds_for(count, timed[n]) for n, count in counts.items())])
        memory = _sum(
            [(replay.peak,) * 3, *(_growth_to(replay, n, count, grows.get(n)) for n, count in counts.items())]
        )
        limits = {limit: _fit(seconds, limit) for limit in sorted({*TIME_LIMITS_S, limit_s})}
        projections.append(Projection(name, dict(n_windows), seconds, memory, limits))
    rates = {n: 1 / seconds_for(1, blocks)[1] for n, blocks in timed.items()}
    return RunCost(load_s, rates, replay.peak, grows, tuple(projections), tuple(sorted(too_few)))


def _sum(spans: Sequence[Span]) -> Span:
    """Add lower ends to lower ends and upper ends to upper ends: wider than necessary, never narrower."""
    low, mid, high = (sum(ends) for ends in zip(*spans, strict=True))
    return low, mid, high


def _growth_to(replay: Replay, number: int, n_windows: int, per_window: Span | None) -> Span:
    """Return the bytes that further windows add; shrinking memory counts as 0."""
    further = max(0, n_windows - len(replay.predictions[number]))
    low, mid, high = (max(0.0, end) * further for end in per_window or (0.0, 0.0, 0.0))
    return low, mid, high


def _fit(seconds: Span, limit_s: float) -> Fit:
    low, _, high = seconds
    return "within" if high <= limit_s else "over" if low > limit_s else "open"
