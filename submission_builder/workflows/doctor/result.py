"""The result of examining this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

SCHEMA = 1
"""Version of :meth:`MachineReport.to_dict`."""

State = Literal["ok", "note", "problem"]
"""``note``: something is missing that some commands use. ``problem``: subpack cannot work."""


@dataclass(frozen=True)
class Examined:
    """One property of this machine."""

    name: str
    state: State
    fact: str
    """What was found."""
    remedy: str | None = None
    """What to type or change; None if nothing has to be changed."""


@dataclass(frozen=True)
class MachineReport:
    """Everything that was examined."""

    items: tuple[Examined, ...]

    @property
    def problems(self) -> tuple[Examined, ...]:
        """What prevents work."""
        return tuple(item for item in self.items if item.state == "problem")

    @property
    def ok(self) -> bool:
        """Whether nothing prevents work."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return ``schema``, ``ok``, and ``items`` with ``name``, ``state``, ``fact`` and ``remedy``."""
        return {"schema": SCHEMA, "ok": self.ok, "items": [asdict(item) for item in self.items]}
