"""Figures as SVG inside a page or a notebook."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from submission_builder.report.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {light: f"var(--{name})" for name, light in reversed(LIGHT.items())}


def svg_of(figure: Figure, **options: Any) -> str:
    """Return SVG without XML prologue and date, so that the same run gives the same page.

    Parameters
    ----------
    figure
        The figure.
    options
        As for ``Figure.savefig``.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, **options)
    content = buffer.getvalue()
    return content[content.index("<svg") :]


def themed_svg(figure: Figure) -> str:
    """Return SVG that follows the colour scheme of its page, without size, so that it takes the width of its place.

    Parameters
    ----------
    figure
        The figure, drawn in the colours :data:`submission_builder.report.palette.LIGHT`.
    """
    content = svg_of(figure, transparent=True)
    content = re.sub(r"<metadata>.*?</metadata>", "", content, flags=re.DOTALL)
    content = re.sub("|".join(_COLOURS), lambda found: _COLOURS[found[0]], content)
    start, rest = _without_unused_ids(content).split(">", 1)
    return re.sub(r' (?:width|height|xmlns|xmlns:xlink|version)="[^"]*"', "", start) + ">" + rest


def _without_unused_ids(content: str) -> str:
    """Drop the ids that nothing in the figure refers to; several figures of a page would share them."""
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', content))
    return re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", content)
