"""The result of diagnosing a log."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from typing import Any, Literal

SCHEMA = 1
"""Version of :meth:`LogDiagnosis.to_dict`."""


@dataclass(frozen=True)
class Cause:
    """One probable cause of a failure."""

    word: str
    """Number of a check, or an outcome of a run."""
    kind: Literal["error", "warning", "outcome"]
    """Severity of the check, or ``outcome``."""
    title: str
    """The fault, or the meaning of the outcome, as one sentence."""
    evidence: tuple[str, ...]
    """Lines of the log, findings in the zip, and local replays that show it."""
    solution: str
    """What to change."""
    command: str
    """What to type next."""


@dataclass(frozen=True)
class LogDiagnosis:
    """The probable causes of a failure on the server."""

    log: str
    """Path of the log, or what it is."""
    causes: tuple[Cause, ...]
    """The most probable first."""
    unclear: str | None
    """Why the log itself names no cause, as a sentence; None if it names one."""
    notes: tuple[str, ...] = ()
    """Observations that support no cause, such as a local replay that succeeds."""
    commands: tuple[str, ...] = ()
    """What to type next if no cause can be named."""

    @property
    def ok(self) -> bool:
        """Whether a cause can be named."""
        return bool(self.causes)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary.

        Returns
        -------
        dict
            ``schema``
                Version of these keys.
            ``log``
                Path of the log, or what it is.
            ``causes``
                A list of ``word``, ``kind``, ``title``, ``evidence``, ``solution`` and ``command``, the most probable
                first; empty if no cause can be named.
            ``unclear``
                Why the log itself names no cause; null if it names one.
            ``notes``
                Observations that support no cause.
            ``commands``
                What to type next if no cause can be named.
        """
        return {"schema": SCHEMA} | asdict(self)

    def _repr_html_(self) -> str:
        from submission_builder.report.log_diagnosis import as_text  # noqa: PLC0415 - a room above, only for notebooks

        return f"<pre>{html.escape(as_text(self))}</pre>"
