"""The result of checking one zip."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from submission_builder.sandbox.outcomes import OUTCOMES
from submission_builder.server.differences import compared_notes, untried_notes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from submission_builder.checks.check import Severity
    from submission_builder.server.differences import Difference
    from submission_builder.server.environment import Environment

SCHEMA = 2
"""Version of the keys of :meth:`CheckReport.to_dict`."""


@dataclass(frozen=True)
class Finding:
    """One place that breaks the rule of one check."""

    id: str
    """Number of the check."""
    severity: Severity
    fault: str
    """The fault in a few words, the same for all findings of a check."""
    where: str
    """An entry of the zip, an entry and a line, a challenge, or the name of the zip."""
    message: str
    servers: tuple[str, ...] = ()
    """The server images under whose replicas the finding was made, if others gave none or one with another message."""

    @property
    def place(self) -> str:
        """The place, with the server images if the finding was not made under all."""
        return f"{self.where} (under {', '.join(self.servers)})" if self.servers else self.where

    @property
    def rank(self) -> tuple[bool, str, str, str]:
        """Key for sorting: errors before warnings, then by number and place."""
        return self.severity != "error", self.id, self.where, self.message


@dataclass(frozen=True)
class CheckReport:
    """The result of checking one zip."""

    path: Path
    """The zip."""
    findings: tuple[Finding, ...]
    """Errors first, then by number and place."""
    passed: tuple[str, ...]
    """Numbers of the checks that found nothing, sorted."""
    skipped: Mapping[str, str]
    """Why a check could not be made, by its number; a skipped check has not passed."""
    outcome: str | None = None
    """How the run ended: a word of :data:`submission_builder.sandbox.outcomes.OUTCOMES`; None without a run."""
    message: str | None = None
    """Why the run ended early; None if it did not."""
    isolation: str | None = None
    """Isolation level of the run; None if the submission's process was not started."""
    ran: Environment | None = None
    """Python and packages of the run; None if the submission's process was not started."""
    predictions: Mapping[int, tuple[float, ...]] = field(default_factory=dict, repr=False)
    """Predictions for the synthetic windows of the run, by challenge."""
    servers: Mapping[str, CheckReport] = field(default_factory=dict, repr=False)
    """With the server ``all``: the report under each image. This report joins them, and its outcome is the gravest."""
    not_installed: tuple[str, ...] = ()
    """With the server ``all``: the images that could not be tried, because their replica is not installed."""
    differences: tuple[Difference, ...] = ()
    """With the server ``all``: where the reports differ."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that cost the score."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings that may cost the score."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    @property
    def undecided(self) -> bool:
        """Whether this machine could not run the submission, such as for want of a GPU."""
        return self.outcome is not None and OUTCOMES[self.outcome].fault == "machine"

    @property
    def ok(self) -> bool:
        """Whether no finding is an error, and this machine could run the submission if a run was needed."""
        return not self.errors and not self.undecided

    def notes(self) -> list[str]:
        """Describe how the versions of the run differ from the server's, or where the runs differ."""
        if not self.servers:
            return [self.ran.of_the_server()] if self.ran and not self.ran.image else []
        compared = compared_notes(self.servers, self.differences) if self.ran else []
        return [*compared, *untried_notes(self.not_installed)]

    def placed(self, finding: Finding) -> str:
        """Return place and message of a finding, without the name of the zip."""
        return finding.message if finding.place == self.path.name else f"{finding.place}: {finding.message}"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as ``subpack check --format json`` prints it.

        Returns
        -------
        dict
            ``schema``
                2, the version of these keys.
            ``path``
                Path of the zip, as it was given.
            ``ok``
                Whether no finding is an error and the run, if any, was possible on this machine.
            ``findings``
                List of ``id``, ``severity`` (``error`` or ``warning``), ``fault``, ``where``, ``message`` and
                ``servers`` (images, if the finding was not made under all); errors first.
            ``skipped``
                List of ``id`` and ``reason``: checks that could not be made.
            ``passed``
                List of ids: checks that found nothing.
            ``outcome``
                How the run ended (``scored`` or a word that ``subpack explain`` explains); null without a run.
            ``message``
                Why the run ended early; null if it did not.
            ``isolation``
                Isolation level of the run, ``namespace`` or ``process``; null if no process was started.
            ``ran``
                ``image`` (the server image of a replica, or null), ``python``, ``torch`` and ``packages`` (versions by
                name) of the run; null if no process was started.
            ``servers``
                With ``--server all``: ``outcome``, ``message``, ``isolation`` and ``ran`` by image; else empty.
            ``not_installed``
                With ``--server all``: images without a replica, in which the zip was not run.
            ``differences``
                With ``--server all``: list of ``subject`` and ``by_server`` (the fact by image).
        """
        return {
            "schema": SCHEMA,
            "path": str(self.path),
            "ok": self.ok,
            "findings": [asdict(finding) | {"servers": list(finding.servers)} for finding in self.findings],
            "skipped": [{"id": id_, "reason": reason} for id_, reason in self.skipped.items()],
            "passed": list(self.passed),
            **_run(self),
            "servers": {server: _run(report) for server, report in self.servers.items()},
            "not_installed": list(self.not_installed),
            "differences": [asdict(difference) for difference in self.differences],
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.findings import as_text  # noqa: PLC0415 - a room above, only for notebooks

        return f"<pre>{html.escape(as_text([self]))}</pre>"


def _run(report: CheckReport) -> dict[str, Any]:
    return {
        "outcome": report.outcome,
        "message": report.message,
        "isolation": report.isolation,
        "ran": report.ran and report.ran.to_dict(),
    }
