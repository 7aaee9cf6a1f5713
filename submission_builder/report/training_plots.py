"""The figures of a training run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from submission_builder.protocol.challenges import DEFAULT_PROFILE
from submission_builder.report.density import draw_agreement
from submission_builder.report.palette import LIGHT
from submission_builder.report.picture import PageFigure, canvas, target_unit
from submission_builder.scores.subjects import subject_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from submission_builder.diagnostics.bounds import Bound
    from submission_builder.workflows.train.net_job import Curve
    from submission_builder.workflows.train.split_scores import SplitScores

_MAX_NRMSE = 1.6
"""Upper end of the learning curves' axis, so that a poor first epoch does not flatten the others."""
_N_LARGEST = 5
"""The subjects with the largest errors are named below their figure."""


def draw_curve(curve: Curve, baselines: Mapping[str, float], bound: Bound | None) -> PageFigure:
    """Draw nrmse by epoch on training and validation data, with the baselines and the best plausible score."""
    epochs = [record.epoch for record in curve.records]
    with canvas() as drawn:
        axes = drawn.axes
        train = [record.train.nrmse for record in curve.records]
        val = [record.val.nrmse for record in curve.records]
        for name, values, colour in (("train", train, "model"), ("validation", val, "target")):
            known = np.array([np.nan if value is None else value for value in values])
            axes.plot(epochs, known, "o-", ms=3, lw=1.5, color=LIGHT[colour], label=name)
        for i, baseline in enumerate(baselines.values()):
            axes.axhline(baseline, ls="--", lw=1, color=LIGHT["baseline"], label=None if i else "baselines")
        if bound:
            name = "ideal" if bound.ideal else "best public"
            axes.axhline(bound.nrmse, ls=":", lw=1.5, color=LIGHT["bound"], label=name)
        axes.axvline(curve.best_epoch, lw=4, color=LIGHT["mend"], alpha=0.35, zorder=0, label="best epoch")
        axes.set(xlabel="epoch", ylabel="nrmse")
        axes.set_ylim(top=min(axes.get_ylim()[1], _MAX_NRMSE))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        drawn.legend()
        caption = f"Official nrmse after each of {len(epochs)} epochs; epoch {curve.best_epoch} is the best."
        return drawn.finish(f"Learning curve ({curve.name})", caption)


def draw_scatter(split: SplitScores, challenge: int) -> PageFigure:
    """Draw predictions against targets, with the line on which they are equal."""
    title = f"Predictions against targets ({split.name})"
    return draw_agreement(split.target, split.predictions, challenge, DEFAULT_PROFILE, title)


def draw_subjects(split: SplitScores, challenge: int) -> PageFigure:
    """Draw the RMSE of each subject beside that of the best constant, smallest first."""
    subjects, errors = subject_errors(split.target, split.predictions, split.subject)
    constant = np.full(len(split.target), split.target.mean())
    without = dict(zip(*subject_errors(split.target, constant, split.subject), strict=True))
    unit = target_unit(challenge, DEFAULT_PROFILE)
    with canvas() as drawn:
        rank = np.arange(1, len(subjects) + 1)
        constants = [without[name] for name in subjects]
        drawn.axes.plot(rank, constants, "_", ms=6, mew=1.6, color=LIGHT["target"], label="best constant")
        drawn.axes.plot(rank, errors, "o", ms=4, mew=0, color=LIGHT["model"], label="net")
        drawn.axes.set(xlabel="subject, by error", ylabel=f"RMSE{unit and f' ({unit.strip()})'}")
        drawn.axes.set_ylim(bottom=0)
        drawn.axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        drawn.legend(2)
        ranked = zip(subjects[::-1], errors[::-1], strict=True)
        largest = ", ".join([f"{name} {error:.3f}" for name, error in ranked][:_N_LARGEST])
        return drawn.finish(f"RMSE of each subject ({split.name})", f"Largest: {largest}.")
