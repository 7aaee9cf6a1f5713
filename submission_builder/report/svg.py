"""Figures as SVG inside a page or a notebook."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
