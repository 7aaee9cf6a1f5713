"""An entry of the ledger: one build, check, evaluation or server result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Entry:
    """One build, check, evaluation or server result of a zip."""

    command: str
    """``build``, ``check``, ``evaluate``, or ``record`` for a result of the server."""
    path: str
    """The zip, as an absolute path."""
    outcome: str
    """``built``; ``ok``, ``errors`` or the outcome of the run; the outcome of the evaluation; ``server``."""
    subpack: str
    """Version of subpack."""
    at: float
    """Time of the entry, in seconds since the epoch; of an evaluation, its start."""
    sha256: str | None = None
    md5: str | None = None
    """The digest that the server stores."""
    release: str | None = None
    """Name of the release that was scored."""
    fingerprint: str | None = None
    """SHA-256 of its labels and recordings."""
    simulated: bool | None = None
    partial: bool | None = None
    """Whether a part of the release was scored: a sample, or all but unusable recordings."""
    profile: str | None = None
    definition: str | None = None
    """Definition of the scores: ``rmse/std`` or ``rmse/range``."""
    overall: float | None = None
    challenge1: float | None = None
    challenge2: float | None = None
    findings: int | None = None
    """Number of findings of a check."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What else the result says, such as intervals, numbers of subjects, and ids of findings."""

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as ``subpack history --json`` prints it; ``at`` is a time in UTC."""
        when = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")
        return {"at": when} | {key: value for key, value in asdict(self).items() if key != "at"}


@dataclass(frozen=True)
class StoredBuild:
    """What is needed to write a zip again."""

    sha256: str
    recipe: Mapping[str, Any]
    """The model of each challenge, with absolute paths."""
    inputs: Mapping[str, str]
    """SHA-256 of each file of the user that the build read, by absolute path."""
    manifest: Mapping[str, Any]
    """Content of ``manifest.json``."""
