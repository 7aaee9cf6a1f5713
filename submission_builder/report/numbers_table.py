"""A table in the terminal whose columns are numbers, but for the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable


def numbers_table(title: str, first: str, headings: Iterable[str]) -> Table:
    """Return an empty table.

    Parameters
    ----------
    title
        Title of the table.
    first
        Heading of the first column. It names the rows, and a long name is folded.
    headings
        Headings of the numbers, which are never wrapped.
    """
    table = Table(title=title, title_justify="left")
    table.add_column(first, overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table
