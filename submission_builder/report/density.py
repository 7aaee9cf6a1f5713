"""Predictions against targets: dots, or the density of the windows where there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from submission_builder.report.palette import LIGHT
from submission_builder.report.picture import PageFigure, canvas, target_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_MOST_DOTS = 800
_CELLS = 48
_SHADES = (0.15, 0.3, 0.5, 0.75, 1.0)
"""Opacity of each level of density; each level has more windows per cell, by a constant factor."""


def draw_agreement(
    target: NDArray[np.floating], predictions: NDArray[np.floating], challenge: int, profile: str, title: str
) -> PageFigure:
    """Draw predictions against targets, with the line on which they are equal.

    Shape
    -----
    target, predictions: ``(n_windows,)``
    """
    with canvas(height=3.4) as drawn:
        many = len(target) > _MOST_DOTS
        fullest = (
            _draw_density(drawn.axes, target, predictions) if many else _draw_dots(drawn.axes, target, predictions)
        )
        low, high = float(target.min()), float(target.max())
        drawn.axes.plot([low, high], [low, high], lw=1.4, color=LIGHT["ink"], label="prediction = target")
        drawn.axes.axhline(float(target.mean()), ls="--", lw=1.4, color=LIGHT["target"], label="best constant")
        drawn.axes.set(xlabel=f"target: {target_name(challenge, profile)}", ylabel="prediction")
        drawn.legend(2)
        cells = f" A cell of the darkest shade has up to {fullest:,} windows." if many else " A dot is a window."
        return drawn.finish(title, _caption(target, predictions) + cells)


def _caption(target: NDArray[np.floating], predictions: NDArray[np.floating]) -> str:
    low, high = np.quantile(predictions, (0.05, 0.95))
    below, above = np.quantile(target, (0.05, 0.95))
    return (
        f"{len(target):,} windows. 90 % of the predictions lie between {low:.3g} and {high:.3g}, 90 % of the targets "
        f"between {below:.3g} and {above:.3g}."
    )


def _draw_dots(axes: Axes, target: NDArray[np.floating], predictions: NDArray[np.floating]) -> int:
    axes.plot(target, predictions, ".", ms=6, alpha=0.6, mew=0, color=LIGHT["model"])
    return 1


def _draw_density(axes: Axes, target: NDArray[np.floating], predictions: NDArray[np.floating]) -> int:
    """Fill the cells of a grid by the number of their windows, and return the largest number."""
    counts, x, y = np.histogram2d(target, predictions, bins=_CELLS, range=[_ends(target), _ends(predictions)])
    levels = np.zeros(counts.shape, np.int64)
    some = counts > 0
    levels[some] = 1 + np.floor(len(_SHADES) * np.log(counts[some]) / np.log(counts.max() + 1)).astype(np.int64)
    for level, shade in enumerate(_SHADES, 1):
        cells = [corners for i, column in enumerate(levels == level) for corners in _runs(column, x[i : i + 2], y)]
        if cells:
            outline = Outline.make_compound_path(*map(_rectangle, cells))
            axes.add_patch(PathPatch(outline, facecolor=LIGHT["model"], alpha=shade, lw=0))
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    return int(counts.max())


def _ends(values: NDArray[np.floating]) -> tuple[float, float]:
    """Return the ends of an axis that holds all values, also if they are equal."""
    low, high = float(values.min()), float(values.max())
    margin = 0.02 * (high - low) or 0.05 * max(abs(low), 1e-3)
    return low - margin, high + margin


def _runs(
    column: NDArray[np.bool_], x: NDArray[np.float64], y: NDArray[np.float64]
) -> list[tuple[float, float, float, float]]:
    """Join neighbouring cells of a column of the grid; left, right, lower and upper end of each run."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], column.astype(np.int8), [0]])))
    return [(x[0], x[1], y[start], y[stop]) for start, stop in steps.reshape(-1, 2)]


def _rectangle(ends: tuple[float, float, float, float]) -> Outline:
    left, right, lower, upper = ends
    corners = [(left, lower), (right, lower), (right, upper), (left, upper), (left, lower)]
    return Outline(corners, closed=True)
