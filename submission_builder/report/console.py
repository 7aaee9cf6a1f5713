"""The one console of all commands: text from outside neither styles the output nor steers the terminal or a CI job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.segment import Segment

from submission_builder.base.printable import printable_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType


class WorkflowCommand:
    """A line for GitHub's runner, whose values are escaped.

    Parameters
    ----------
    line
        The line.
    """

    def __init__(self, line: str) -> None:
        self.line = line

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        """Yield the line."""
        del console, options
        yield from (Segment(self.line), Segment.line())


class PrintableConsole(Console):
    """A console without markup, which shows control characters as escapes wherever the text comes from.

    Parameters
    ----------
    options
        As for ``rich.console.Console``.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render an object; of a :class:`WorkflowCommand`, nothing is escaped."""
        segments = list(super().render(renderable, options))
        texts = ["" if segment.control else segment.text for segment in segments]
        shown = texts if isinstance(renderable, WorkflowCommand) else printable_parts(texts)
        for segment, text in zip(segments, shown, strict=True):
            yield segment if segment.control else Segment(text, segment.style)


def open_console(**options: Any) -> Console:
    """Return the console.

    Parameters
    ----------
    options
        As for ``rich.console.Console``.
    """
    return PrintableConsole(**options)
