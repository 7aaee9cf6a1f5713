"""The figures of a training run, as SVG."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from submission_builder.protocol.challenges import DEFAULT_PROFILE, PROFILES, RESPONSE_TIME
from submission_builder.report.svg import svg_of
from submission_builder.scores.subjects import subject_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes

    from submission_builder.diagnostics.bounds import Bound
    from submission_builder.workflows.train.net_job import Curve
    from submission_builder.workflows.train.split_scores import SplitScores

_TRAIN, _HELD_OUT, _GREY, _BOUND = "#2563a8", "#c2410c", "#6b7280", "#047857"
_MAX_NRMSE = 1.6
"""Upper end of the learning curves' axis, so that a poor first epoch does not flatten the others."""

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9ca3af",
    "axes.grid": True,
    "grid.color": "#eef0f3",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "svg.hashsalt": "subpack",
}


def target_name(challenge: int) -> str:
    """Name the target with its unit."""
    target = PROFILES[DEFAULT_PROFILE].challenges[challenge].target
    return "response time (s)" if target == RESPONSE_TIME else target


def draw_curve(curve: Curve, baselines: Mapping[str, float], bound: Bound | None) -> str:
    """Draw nrmse by epoch on training and validation data, with the baselines and the best plausible score."""
    epochs = [record.epoch for record in curve.records]
    with _picture() as (figure, axes):
        train = [record.train.nrmse for record in curve.records]
        val = [record.val.nrmse for record in curve.records]
        for name, values, colour in (("train", train, _TRAIN), ("validation", val, _HELD_OUT)):
            drawn = np.array([np.nan if value is None else value for value in values])
            axes.plot(epochs, drawn, "o-", ms=3, lw=1.5, color=colour, label=name)
        for i, baseline in enumerate(baselines.values()):
            axes.axhline(baseline, ls="--", lw=1, color=_GREY, label=None if i else "baselines")
        if bound:
            axes.axhline(bound.nrmse, ls=":", lw=1.5, color=_BOUND, label="ideal" if bound.ideal else "best public")
        axes.axvline(curve.best_epoch, lw=4, color="#fde68a", zorder=0, label="best epoch")
        axes.set(xlabel="epoch", ylabel="nrmse")
        axes.set_ylim(top=min(axes.get_ylim()[1], _MAX_NRMSE))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1), handlelength=1.4, columnspacing=1)
        return _svg(figure)


def draw_scatter(split: SplitScores, challenge: int) -> str:
    """Draw predictions against targets, with the line on which they are equal."""
    with _picture() as (figure, axes):
        axes.plot(split.target, split.predictions, ".", ms=5, alpha=0.5, mew=0, color=_HELD_OUT, rasterized=True)
        ends = [float(split.target.min()), float(split.target.max())]
        axes.plot(ends, ends, lw=1, color=_GREY, label="prediction = target")
        axes.axhline(float(split.target.mean()), ls="--", lw=1, color=_GREY, label="best constant")
        axes.set(xlabel=f"target: {target_name(challenge)}", ylabel="prediction")
        axes.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
        return _svg(figure)


def draw_subjects(split: SplitScores, challenge: int) -> str:
    """Draw the RMSE of each subject beside that of the best constant, smallest first."""
    subjects, errors = subject_errors(split.target, split.predictions, split.subject)
    constant = np.full(len(split.target), split.target.mean())
    without = dict(zip(*subject_errors(split.target, constant, split.subject), strict=True))
    unit = " (s)" if target_name(challenge).endswith("(s)") else ""
    with _picture() as (figure, axes):
        rank = np.arange(1, len(subjects) + 1)
        axes.plot(rank, [without[name] for name in subjects], "_", ms=6, color=_GREY, label="best constant")
        axes.plot(rank, errors, "o", ms=4, mew=0, color=_HELD_OUT, label="net")
        axes.set(xlabel="subject, by error", ylabel=f"RMSE{unit}")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
        return _svg(figure)


@contextmanager
def _picture() -> Iterator[tuple[Figure, Axes]]:
    """Provide a figure with one panel, in the style of this module."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5, 3.1), layout="constrained")
        yield figure, figure.subplots()


def _svg(figure: Figure) -> str:
    return svg_of(figure, dpi=200, transparent=True)
