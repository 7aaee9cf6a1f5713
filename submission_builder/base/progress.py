"""The callback through which a computation reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the name of a task, the number of items done, and the number of all items."""


def silent(what: str, done: int, total: int) -> None:
    """Ignore progress."""


def under(name: str, progress: Progress) -> Progress:
    """Return a callback that reports every task under a name, such as that of the release."""

    def report(what: str, done: int, total: int) -> None:
        progress(f"{name}: {what}", done, total)

    return report
