"""Where the errors of a submission lie: by target, by prediction, by time, by recording and by subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from submission_builder.base.printable import printable
from submission_builder.protocol.challenges import SFREQ
from submission_builder.report.palette import LIGHT
from submission_builder.report.picture import PageFigure, canvas, target_name, target_unit
from submission_builder.scores.binned import BinnedMeans, binned_means, quantile_edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from submission_builder.scores.subjects import SubjectError
    from submission_builder.workflows.evaluate.evaluation import ScoredWindows

_BINS = 10
_FEWEST_RECORDINGS = 8
"""Recordings in a bin of the figure over the replay."""
_WORST = 20
"""Subjects in the forest plot."""
_LONGEST = 14
"""Characters of a subject's name in the forest plot."""
_INTERVAL = "bar: 95 % interval over subjects, from 5 subjects on"


def draw_residuals(windows: ScoredWindows, profile: str) -> PageFigure:
    """Draw the mean residual by target."""
    table = windows.table
    means = _residuals(windows, table.target, quantile_edges(table.target, _BINS))
    name, unit = target_name(table.challenge, profile), target_unit(table.challenge, profile)
    caption = (
        f"Mean of prediction minus target in {len(means.mean)} bins of the target ({_INTERVAL}): "
        f"{means.mean[0]:+.3f}{unit} for the lowest targets and {means.mean[-1]:+.3f}{unit} for the highest. "
        "Predictions that shrink to the mean give a line that falls from left to right."
    )
    title = "Residuals by response time" if unit else f"Residuals by {name}"
    return _draw_means(means, f"target: {name}", title, caption)


def draw_calibration(windows: ScoredWindows, profile: str) -> PageFigure:
    """Draw the mean target by prediction, with the line on which they are equal."""
    table, predictions = windows.table, windows.predictions
    means = binned_means(predictions, table.target, table.subject, quantile_edges(predictions, _BINS))
    with canvas() as drawn:
        ends = [float(means.center.min()), float(means.center.max())]
        drawn.axes.plot(ends, ends, lw=1.4, color=LIGHT["ink"], label="calibrated")
        drawn.axes.axhline(float(table.target.mean()), ls="--", lw=1.4, color=LIGHT["target"], label="mean of targets")
        _bars(drawn.axes, means)
        drawn.axes.set(xlabel="prediction", ylabel=f"target: {target_name(table.challenge, profile)}")
        drawn.legend(2)
        return drawn.finish("Calibration", _calibration_caption(windows, len(means.mean)))


def _calibration_caption(windows: ScoredWindows, n_bins: int) -> str:
    predictions, target = windows.predictions, windows.table.target.astype(np.float64)
    head = f"Mean target in {n_bins} bins of the prediction ({_INTERVAL}). "
    if n_bins == 1:
        return head + "All predictions are about equal, so that there is no slope."
    slope = float(np.cov(predictions, target, ddof=0)[0, 1] / predictions.var())
    return (
        f"{head}Slope of the targets on the predictions: {slope:.2f}. It is 1 if the predictions are calibrated; "
        "below 1 they spread too far, above 1 too little."
    )


def draw_spread(windows: ScoredWindows, profile: str) -> PageFigure:
    """Draw the distributions of predictions and targets."""
    table, predictions = windows.table, windows.predictions
    ends = np.quantile(np.concatenate([table.target, predictions]), (0.001, 0.999))
    edges = np.linspace(ends[0], ends[1] if ends[1] > ends[0] else ends[0] + 1e-6, 41)
    with canvas() as drawn:
        for values, colour, name in ((table.target, "target", "targets"), (predictions, "model", "predictions")):
            share = np.histogram(values, edges)[0] / len(values)
            drawn.axes.stairs(share, edges, lw=1.8, color=LIGHT[colour], label=name, fill=False)
        drawn.axes.set(xlabel=target_name(table.challenge, profile), ylabel="share of windows")
        drawn.legend(2)
        unit = target_unit(table.challenge, profile)
        caption = (
            f"Standard deviation of the predictions {predictions.std():.3g}{unit}, of the targets "
            f"{table.target.std():.3g}{unit}; mean {predictions.mean():.3g}{unit} and {table.target.mean():.3g}{unit}."
        )
        return drawn.finish("Spread", caption)


def draw_drift(windows: ScoredWindows, profile: str) -> list[PageFigure]:
    """Draw the mean residual within recordings, over the recordings of a subject, and over the replay."""
    table, unit = windows.table, target_unit(windows.table.challenge, profile)
    minutes = table.start / SFREQ / 60
    within = _residuals(windows, minutes, quantile_edges(minutes, _BINS))
    position, nth = _positions(table.recording, table.subject)
    n_bins = int(np.clip((position.max() + 1) // _FEWEST_RECORDINGS, 1, _BINS))
    across = _residuals(windows, position, np.linspace(0, position.max() + 1, n_bins + 1))
    figures = [
        _draw_means(
            within, "minutes since the start of the recording", "Drift within recordings", _drift(within, unit)
        ),
        _draw_means(across, "position of the recording in the replay", "Drift over the replay", _drift(across, unit)),
    ]
    if nth.max() > 1:
        runs = _residuals(windows, nth, np.arange(0.5, nth.max() + 1))
        figure = _draw_means(
            runs, "recording of the subject", "Drift across recordings", _drift(runs, unit), whole=True
        )
        figures.insert(1, figure)
    return figures


def _drift(means: BinnedMeans, unit: str) -> str:
    low, high = float(means.mean.min()), float(means.mean.max())
    outside = int(np.sum((means.low > 0) | (means.high < 0)))
    known = int(np.sum(np.isfinite(means.low)))
    count = f" {outside} of {known} intervals do not contain 0." if known else ""
    return f"Mean of prediction minus target: between {low:+.3f}{unit} and {high:+.3f}{unit} ({_INTERVAL}).{count}"


def _positions(recording: NDArray[np.int64], subject: NDArray[np.str_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the position of each window's recording in the replay (from 0), and among its subject's (from 1)."""
    recordings, first, position = np.unique(recording, return_index=True, return_inverse=True)
    seen: dict[str, int] = {}
    nth = np.empty(len(recordings), np.int64)
    for i, name in enumerate(subject[first].tolist()):
        nth[i] = seen[name] = seen.get(name, 0) + 1
    return position, nth[position]


def draw_subjects(rows: Sequence[SubjectError], challenge: int, profile: str) -> PageFigure:
    """Draw the RMSE of the worst subjects, with the range over their recordings and the RMSE of the best constant."""
    worst = rows[:_WORST]
    unit = target_unit(challenge, profile)
    with canvas(height=0.9 + 0.21 * max(3, len(worst))) as drawn:
        for y, row in enumerate(worst):
            drawn.axes.plot([row.lowest, row.highest], [y, y], lw=3, color=LIGHT["model"], alpha=0.45)
        at = range(len(worst))
        drawn.axes.plot([row.rmse for row in worst], at, "o", ms=6, mew=0, color=LIGHT["model"], label="submission")
        constant = [row.constant for row in worst]
        drawn.axes.plot(constant, at, "|", ms=11, mew=2, color=LIGHT["target"], label="best constant")
        drawn.axes.set_yticks(at, [_short(row.subject) for row in worst])
        drawn.axes.set(ylim=(len(worst) - 0.5, -0.5), xlabel=f"RMSE{f' ({unit.strip()})' if unit else ''}")
        drawn.axes.set_xlim(left=0)
        drawn.axes.grid(visible=False, axis="y")
        drawn.legend(2)
        share = sum(row.share for row in rows[:5])
        better = sum(row.rmse < row.constant for row in rows)
        caption = (
            f"Subjects with the largest RMSE ({len(worst)} of {len(rows)}); bar: range over the subject's recordings. "
            f"{share:.0%} of the squared error comes from the worst {min(5, len(rows))}. The submission is better than "
            f"the best constant for {better} of {len(rows)}."
        )
        return drawn.finish("Subjects, worst first", caption)


def _short(name: str) -> str:
    name = printable(name)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _residuals(
    windows: ScoredWindows, x: NDArray[np.floating | np.integer], edges: NDArray[np.floating]
) -> BinnedMeans:
    residual = windows.predictions - windows.table.target.astype(np.float64)
    return binned_means(x, residual, windows.table.subject, edges)


def _draw_means(means: BinnedMeans, x: str, title: str, caption: str, *, whole: bool = False) -> PageFigure:
    """Draw the mean residual in bins of a quantity; `whole` if it counts."""
    with canvas() as drawn:
        drawn.axes.axhline(0, lw=1.4, color=LIGHT["ink"])
        _bars(drawn.axes, means)
        drawn.axes.set(xlabel=x, ylabel="prediction − target")
        if whole:
            drawn.axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return drawn.finish(title, caption)


def _bars(axes: Axes, means: BinnedMeans) -> None:
    axes.vlines(means.center, means.low, means.high, lw=3, color=LIGHT["model"], alpha=0.45)
    axes.plot(means.center, means.mean, "o", ms=6, mew=0, color=LIGHT["model"])
