"""What a run cost, and what one of another size would: time and memory, against limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from submission_builder.harness.projection import Span, growth, seconds_for
from submission_builder.server.facts import TIME_LIMITS_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from submission_builder.harness.replay import Replay

Diagnosis = Literal["within", "over", "open"]

_FEWEST_BLOCKS = 4
_LEAK_BYTES = 1024  # a window; on R5 that would be 120 MiB. What moves less is the allocator's


@dataclass(frozen=True)
class Projection:
    """What a run of another size would take on this machine, asked one by one.

    Attributes
    ----------
    name
        What is projected to.
    n_windows
        By number of the challenge.
    seconds
        Of the submission alone: reading the recordings comes on top of it.
    memory
        Peak in bytes.
    limits
        Whether the time stays within each limit in s; ``open`` where the limit lies in the interval.
    """

    name: str
    n_windows: dict[int, int]
    seconds: Span
    memory: Span
    limits: dict[float, Diagnosis]


@dataclass(frozen=True)
class RunCost:
    """What a run cost.

    Attributes
    ----------
    load_s
        By number of the challenge, until its model was built.
    windows_per_s
        Asked one by one, by number of the challenge; absent where too few were to tell.
    peak
        Bytes that the process held at most.
    growth
        Bytes a window, by number of the challenge; absent where too few windows were asked to tell.
    projections
        What runs of other sizes would take.
    too_few
        Challenges of which too few windows were asked one by one to project their time.
    """

    load_s: dict[int, float]
    windows_per_s: dict[int, float]
    peak: int
    growth: dict[int, Span]
    projections: tuple[Projection, ...]
    too_few: tuple[int, ...]

    def leaks(self) -> dict[int, Span]:
        """Choose the challenges whose memory grows with every window."""
        return {number: span for number, span in self.growth.items() if span[0] > _LEAK_BYTES}


def cost_of(predicted: Replay, sizes: Mapping[str, Mapping[int, int]], limit_s: float) -> RunCost:
    """Lay out what a replay cost, and project it.

    Parameters
    ----------
    predicted
        The replay.
    sizes
        Windows by number of the challenge, by name; a size with windows of a challenge that was not measured is
        left out.
    limit_s
        What the projected times are held against in s, beside the server's known marks.
    """
    timed = {
        n: cost.single_windows for n, cost in predicted.costs.items() if len(cost.single_windows) >= _FEWEST_BLOCKS
    }
    grows = {n: span for n, cost in predicted.costs.items() if (span := growth(cost.memory))}
    load_s = {n: cost.load_s for n, cost in predicted.costs.items()}
    projections, too_few = [], set()
    for name, n_windows in sizes.items():
        asked = {n: count for n, count in n_windows.items() if count}
        untimed = asked.keys() - timed.keys()
        too_few |= untimed
        if untimed or not asked:
            continue
        seconds = _added([(sum(load_s.values()),) * 3, *(seconds_for(count, timed[n]) for n, count in asked.items())])
        memory = _added(
            [(predicted.peak,) * 3, *(_grown(predicted, n, count, grows.get(n)) for n, count in asked.items())]
        )
        diagnoses = {limit: _verdict(seconds, limit) for limit in sorted({*TIME_LIMITS_S, limit_s})}
        projections.append(Projection(name, dict(n_windows), seconds, memory, diagnoses))
    rates = {n: 1 / seconds_for(1, blocks)[1] for n, blocks in timed.items()}
    return RunCost(load_s, rates, predicted.peak, grows, tuple(projections), tuple(sorted(too_few)))


def _added(spans: Sequence[Span]) -> Span:
    """Add ends to ends, as if all were low or high at once: wider than need be, never narrower."""
    low, mid, high = (sum(ends) for ends in zip(*spans, strict=True))
    return low, mid, high


def _grown(predicted: Replay, number: int, n_windows: int, grows: Span | None) -> Span:
    """Bytes that windows beyond those asked would add; memory that shrinks is not counted on."""
    more = max(0, n_windows - len(predicted.predictions[number]))
    low, mid, high = (max(0.0, end) * more for end in grows or (0.0, 0.0, 0.0))
    return low, mid, high


def _verdict(seconds: Span, limit_s: float) -> Diagnosis:
    low, _, high = seconds
    return "within" if high <= limit_s else "over" if low > limit_s else "open"
