"""The callback through which a computation reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the name of a task, the number of items done, and the number of all items."""


def silent(what: str, done: int, total: int) -> None:
    """Ignore progress."""
