"""A figure of augmented windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from submission_builder.base.atomic import atomic_file
from submission_builder.base.errors import OutputError
from submission_builder.protocol.challenges import SFREQ
from submission_builder.report.svg import svg_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from model_zoo.training.preview import PreviewRow

_CHANNEL_STEP = 16
"""Every 16th channel is drawn."""


def draw_preview(panels: Sequence[PreviewRow], path: Path) -> None:
    """Draw windows, one row per augmentation. All rows have the scale of the windows as recorded.

    Parameters
    ----------
    panels
        First the windows as recorded.
    path
        The figure; its suffix sets the format.

    Raises
    ------
    OutputError
        If the file cannot be written, or matplotlib does not support the format.
    """
    supported = sorted(Figure().canvas.get_supported_filetypes())
    if path.suffix[1:] not in supported:
        suffix = path.suffix or "missing"
        raise OutputError(f"{path} cannot be drawn: its suffix is {suffix}; one of {', '.join(supported)} is expected")
    with atomic_file(path) as part:
        _figure(panels).savefig(part, format=path.suffix[1:], dpi=110)


def preview_svg(panels: Sequence[PreviewRow]) -> str:
    """Draw windows as SVG, for a notebook."""
    return svg_of(_figure(panels))


def _figure(panels: Sequence[PreviewRow]) -> Figure:
    n_rows, n_columns = len(panels), len(panels[0].windows)
    figure = Figure(figsize=(3 * n_columns, 2.4 * n_rows), layout="constrained")
    offset = 6 * float(np.median(panels[0].windows.std(axis=-1)))
    grid = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    for row, panel in zip(grid, panels, strict=True):
        for axes, window, target in zip(row, panel.windows, panel.target, strict=True):
            _draw(axes, window, offset)
            axes.set_title(f"target {target:.3f}", fontsize="small")
        row[0].set_ylabel(panel.title)
    for axes in grid[-1]:
        axes.set_xlabel("time in the window (s)")
    return figure


def _draw(axes: Axes, window: NDArray[np.float32], offset: float) -> None:
    channels = window[::_CHANNEL_STEP]
    axes.plot(np.arange(window.shape[1]) / SFREQ, channels.T + offset * np.arange(len(channels)), lw=0.6, color="C0")
    axes.set_yticks([])
