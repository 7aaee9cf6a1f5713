"""Pages that load nothing: one HTML file with its style and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from submission_builder.base.atomic import atomic_file
from submission_builder.base.printable import printable
from submission_builder.report.palette import PALETTE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class PageTable:
    """A table of a page; the first column names the row."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def write_html(template: str, path: Path, **content: Any) -> None:
    """Fill a template and write the page.

    Parameters
    ----------
    template
        Name of a file in ``pages``.
    path
        The page.
    content
        What the template names. Text is escaped, because names and messages come from outside.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    pages = Environment(
        loader=PackageLoader("submission_builder.report", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = pages.get_template(template).render(palette=PALETTE, **content)
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8", errors="replace")


def _finalized(value: Any) -> Any:
    """Show unseen characters of a text as escapes; a figure is markup of ours."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
