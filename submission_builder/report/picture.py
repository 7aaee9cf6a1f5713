"""One style for the figures of the pages."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from submission_builder.protocol.challenges import PROFILES, RESPONSE_TIME
from submission_builder.report.palette import LIGHT
from submission_builder.report.svg import themed_svg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

WIDTH = 4.9
"""Width of a figure in inches of 72 units. A phone shows a unit as a pixel, so that a text of 12 units is legible."""

_STYLE: dict[Any, Any] = {
    "font.size": 12,
    "axes.labelsize": 12,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "text.color": LIGHT["ink"],
    "axes.labelcolor": LIGHT["ink"],
    "xtick.color": LIGHT["soft"],
    "ytick.color": LIGHT["soft"],
    "axes.edgecolor": LIGHT["edge"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LIGHT["line"],
    "legend.frameon": False,
    "legend.borderpad": 0,
    "legend.handlelength": 1.3,
    "legend.columnspacing": 1,
    "svg.fonttype": "none",  # text stays text: it can be selected, enlarged and read aloud
    "text.parse_math": False,  # names come from outside, and may contain $
}


@dataclass(frozen=True)
class PageFigure:
    """A figure of a page, with its text alternative."""

    title: str
    caption: str
    """What the figure shows, in words and numbers; also its text alternative."""
    svg: str
    """The figure; matplotlib escapes the text in it."""

    def html(self) -> Markup:
        """Return the figure as an image whose alternative is title and caption."""
        label = escape(f"{self.title}. {self.caption}")
        return Markup(self.svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1))  # noqa: S704 - see svg

    def marked(self, mark: str) -> PageFigure:
        """Put a mark such as ``SIMULATED`` before the title; none if it is empty."""
        return replace(self, title=f"{mark} · {self.title}") if mark else self


class Canvas:
    """A figure that is being drawn."""

    def __init__(self, figure: Figure, axes: Axes) -> None:
        self.figure, self.axes = figure, axes

    def legend(self, n_columns: int = 3) -> None:
        """Draw the legend above the panel, from the left end of the figure."""
        self.figure.legend(ncols=n_columns, loc="outside upper left")

    def finish(self, title: str, caption: str) -> PageFigure:
        """Return the figure with its text alternative."""
        layout = self.figure.get_layout_engine()
        if layout:
            layout.execute(self.figure)
            self.figure.set_layout_engine("none")  # else it is computed again, with a drawing of its own
        with mpl.rc_context(_STYLE | {"svg.hashsalt": title}):
            return PageFigure(title, caption.replace(" %", "\N{NO-BREAK SPACE}%"), themed_svg(self.figure))


@contextmanager
def canvas(height: float = 3.0) -> Iterator[Canvas]:
    """Provide a figure with one panel, in the style of the pages.

    Parameters
    ----------
    height
        In inches of 72 units.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield Canvas(figure, figure.subplots())


def target_name(challenge: int, profile: str) -> str:
    """Name the target of a challenge with its unit."""
    target = PROFILES[profile].challenges[challenge].target
    return "response time (s)" if target == RESPONSE_TIME else target


def target_unit(challenge: int, profile: str) -> str:
    """Return the unit of the target in front of which a number stands; empty for a factor score."""
    return " s" if PROFILES[profile].challenges[challenge].target == RESPONSE_TIME else ""
