"""Results as HTML for notebooks: the terminal's tables, with their colours."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from submission_builder.report.console import open_console

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

_WIDTH = 110
_FORMAT = '<pre style="white-space:pre-wrap;line-height:normal;font-family:monospace">{code}</pre>'


def html(show: Callable[[Console], None]) -> str:
    """Render what a function prints to a console as an HTML fragment.

    Parameters
    ----------
    show
        Prints a result to the console that it is given.
    """
    # With force_jupyter, it would display each line.
    console = open_console(record=True, file=io.StringIO(), width=_WIDTH, force_jupyter=False)
    show(console)
    return console.export_html(inline_styles=True, code_format=_FORMAT)
