"""What a submission will use up, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from submission_builder.codabench.replies import ENDED

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.codabench.phases import Quota
    from submission_builder.codabench.records import Record
    from submission_builder.workflows.diagnose.result import LogDiagnosis

SCHEMA = 1
"""Version of :meth:`SubmissionResult.to_dict`."""


@dataclass(frozen=True)
class SubmissionPlan:
    """What is about to be sent; shown before the question."""

    path: Path
    n_bytes: int
    competition: str
    phase: str
    """Number and name."""
    ends: str | None
    """End of the phase, in UTC; None if it has none."""
    organization: int | None
    """The team on whose behalf it is sent; None for the account itself."""
    quota: Quota
    notes: tuple[str, ...] = ()
    """What speaks against sending it, and does not prevent it."""


@dataclass(frozen=True)
class SubmissionResult:
    """A submission, as far as it is known."""

    record: Record
    resumed: bool = False
    """Whether the zip was sent before, and this call only waited."""
    logs: tuple[str, ...] = ()
    """Files with the logs of a run that failed."""
    hidden_logs: tuple[str, ...] | None = None
    """Names of the logs that the organisers hide; empty with no logs if they hide all; None if no log was fetched."""
    diagnosis: LogDiagnosis | None = None
    """Why the run failed; None if it did not."""
    notes: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether the server has finished with it."""
        return self.record.status in ENDED

    @property
    def ok(self) -> bool:
        """Whether it has not failed, and was not cancelled."""
        return self.record.status not in ("Failed", "Cancelled")

    def to_dict(self) -> dict[str, Any]:
        """Return ``schema``, ``ok``, ``ended``, and the fields; ``scores`` in ``record`` have all decimals, as text."""
        return {"schema": SCHEMA, "ok": self.ok, "ended": self.ended} | asdict(self)
