"""Scores with their intervals and baselines on one axis; of one zip, of several releases, or of several zips."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from submission_builder.base.printable import printable
from submission_builder.report.numbers import decimal, interval, points
from submission_builder.report.palette import LIGHT
from submission_builder.report.picture import PageFigure, canvas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

_ROW = 0.36
"""Height of a row in inches."""
_MARKERS = ("D", "s", "^", "v", "P", "X")
_LARGE = 4.0
"""If the largest score is so many times the smallest, the axis is logarithmic."""
_LONGEST = 18
"""Characters of a row's name."""


@dataclass(frozen=True)
class ScoreRow:
    """One score on the axis."""

    name: str
    nrmse: float
    interval: tuple[float, float] | None = None
    constant: float | None = None
    """nrmse of the best constant."""
    marks: Mapping[str, float] = field(default_factory=dict)
    """Baselines and bounds beside the score, by name."""


def draw_scores(rows: Sequence[ScoreRow], title: str) -> PageFigure:
    """Draw one row per score, the first on top.

    Parameters
    ----------
    rows
        The scores; those that are not finite are left out.
    title
        Title of the figure.
    """
    drawn_rows = [row for row in rows if np.isfinite(row.nrmse)]
    names = list(dict.fromkeys(name for row in drawn_rows for name in row.marks))
    with canvas(height=0.9 + _ROW * max(2, len(drawn_rows)) + 0.25 * (1 + len(names) // 2)) as drawn:
        axes = drawn.axes
        for y, row in enumerate(drawn_rows):
            if row.constant is not None:
                label = "" if y else "best constant"
                axes.vlines(row.constant, y - 0.5, y + 0.5, ls="--", lw=1.6, color=LIGHT["target"], label=label)
            if row.interval:
                axes.plot(row.interval, [y, y], lw=3, color=LIGHT["model"], alpha=0.45, solid_capstyle="butt")
            axes.plot(
                [row.nrmse], [y], "o", ms=8, mew=0, color=LIGHT["model"], label=None if y else "score, 95 % interval"
            )
        for marker, name in zip(cycle(_MARKERS), names, strict=False):
            at = {y: row.marks[name] for y, row in enumerate(drawn_rows) if name in row.marks}
            axes.plot(
                list(at.values()), list(at), marker, ms=6, mfc="none", mew=1.4, color=LIGHT["baseline"], label=name
            )
        _name_rows(axes, [row.name for row in drawn_rows])
        axes.set_xlabel("nrmse (lower is better)")
        _scale(axes, drawn_rows)
        drawn.legend(2)
        return drawn.finish(title, _caption(drawn_rows))


@dataclass(frozen=True)
class DifferenceRow:
    """The paired difference of one zip from the best."""

    name: str
    value: float
    interval: tuple[float, float]


def draw_differences(rows: Sequence[DifferenceRow], title: str) -> PageFigure:
    """Draw one row per difference of the nrmse, the first on top."""
    with canvas(height=0.9 + _ROW * max(2, len(rows))) as drawn:
        axes = drawn.axes
        axes.axvline(0, ls="--", lw=1.4, color=LIGHT["target"], label="the best zip")
        for y, row in enumerate(rows):
            axes.plot(row.interval, [y, y], lw=3, color=LIGHT["model"], alpha=0.45, solid_capstyle="butt")
            axes.plot(
                [row.value], [y], "o", ms=8, mew=0, color=LIGHT["model"], label="" if y else "difference, interval"
            )
        _name_rows(axes, [row.name for row in rows])
        axes.set_xlabel("nrmse − nrmse of the best (lower is better)")
        drawn.legend(2)
        texts = [f"{row.name}: {row.value:+.4f} ({row.interval[0]:+.3f} to {row.interval[1]:+.3f})" for row in rows]
        return drawn.finish(title, "; ".join(texts) + ".")


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write the names at the left, the first on top."""
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")


def _short(name: str) -> str:
    name, half = printable(name), (_LONGEST - 1) // 2
    return name if len(name) <= _LONGEST else f"{name[:half]}…{name[-half:]}"


def _scale(axes: Axes, rows: Sequence[ScoreRow]) -> None:
    """Choose a logarithmic axis where one score would flatten the others."""
    scores = [row.nrmse for row in rows if row.nrmse]
    if scores and max(scores) > _LARGE * min(scores):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_locator(NullLocator())


def _caption(rows: Sequence[ScoreRow]) -> str:
    """Write the numbers of every row."""
    texts = []
    for row in rows:
        beside = [f"interval {interval(row.interval)}"] if row.interval else []
        beside += [f"{name} {decimal(value, 3)}" for name, value in row.marks.items()]
        texts.append(f"{row.name}: {points(row.nrmse)}" + (f" ({', '.join(beside)})" if beside else ""))
    return "; ".join(texts) + "."
