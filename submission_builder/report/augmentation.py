"""A picture of what augmentation does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from submission_builder.base.atomic import atomic_file
from submission_builder.base.errors import OutputError
from submission_builder.protocol.challenges import SFREQ

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from model_zoo.training.preview import PreviewRow

_EVERY = 16
"""One channel of so many is drawn."""


def draw_preview(shown: Sequence[PreviewRow], path: Path) -> None:
    """Draw windows, a row for each thing done to them; the scale is that of the windows as recorded.

    Parameters
    ----------
    shown
        First the windows as recorded.
    path
        Where the picture goes; its suffix says the format.

    Raises
    ------
    OutputError
        If it cannot be written, or not in that format.
    """
    n_rows, n_columns = len(shown), len(shown[0].windows)
    figure = Figure(figsize=(3 * n_columns, 2.4 * n_rows), layout="constrained")
    if path.suffix[1:] not in figure.canvas.get_supported_filetypes():
        known = ", ".join(sorted(figure.canvas.get_supported_filetypes()))
        raise OutputError(f"{path} cannot be drawn as {path.suffix or 'a file without suffix'}; one of {known} can")
    step = 6 * float(np.median(shown[0].windows.std(axis=-1)))
    axes = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    for row, item in zip(axes, shown, strict=True):
        for panel, window, target in zip(row, item.windows, item.target, strict=True):
            _draw(panel, window, step)
            panel.set_title(f"target {target:.3f}", fontsize="small")
        row[0].set_ylabel(item.title)
    for panel in axes[-1]:
        panel.set_xlabel("time in the window (s)")
    with atomic_file(path) as part:
        figure.savefig(part, format=path.suffix[1:], dpi=110)


def _draw(panel: Axes, window: NDArray[np.float32], step: float) -> None:
    channels = window[::_EVERY]
    panel.plot(np.arange(window.shape[1]) / SFREQ, channels.T + step * np.arange(len(channels)), lw=0.6, color="C0")
    panel.set_yticks([])
