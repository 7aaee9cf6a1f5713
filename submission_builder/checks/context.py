"""How certain it is that the server executes a node, and which failures are caught there."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from submission_builder.checks.guards import IMPORT

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(IntEnum):
    """How certain it is that the server executes code."""

    NEVER = 0
    MAYBE = 1
    """It rests on a condition that static analysis cannot determine, or on the failure of other code."""
    CERTAIN = 2


class Context(NamedTuple):
    """How the server executes a node."""

    level: Level
    at_import: Level
    """Likewise, while submission.py is imported."""
    caught: frozenset[str] = frozenset()
    """Kinds of failures that the code around the node catches, of :mod:`submission_builder.checks.guards`."""

    def at_most(self, level: Level) -> Context:
        """Return the context of code that is executed less certainly."""
        return self._replace(level=min(self.level, level), at_import=min(self.at_import, level))

    def catching(self, kinds: Iterable[str]) -> Context:
        """Return the context of code whose failures are caught."""
        return self._replace(caught=self.caught.union(kinds))

    def joined(self, other: Context) -> Context:
        """Return the context of code that runs in both: the more certain level, and the failures that both catch."""
        if self.level != other.level:
            caught = max(self, other, key=lambda context: context.level).caught
        else:
            caught = self.caught & other.caught
        return Context(max(self.level, other.level), max(self.at_import, other.at_import), caught)

    @property
    def called(self) -> Level:
        """Level of the functions that code in this context calls."""
        return min(self.level, Level.MAYBE) if IMPORT in self.caught else self.level
