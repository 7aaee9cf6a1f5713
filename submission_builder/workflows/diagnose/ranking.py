"""Join what the log, the zip and local replays show, and rank it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from submission_builder.checks.run_outcome import REPORTED_BY
from submission_builder.workflows.diagnose.replays import described, is_local, same_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from submission_builder.checks.report import CheckReport, Finding
    from submission_builder.checks.trace import Trace
    from submission_builder.logs.causes import LogReading


class Rank(IntEnum):
    """How well a cause is supported."""

    LOG_AND_ZIP = 0
    """A rule names it in the log, and the zip has a finding of the same check."""
    LOG = 1
    """A rule names it in the log."""
    PLACE = 2
    """The zip has a finding on a line of the traceback."""
    ERROR = 3
    """The zip has an error, and the log does not contradict it."""
    REPLAY = 4
    """A local replay ends in it, and the log names no cause."""
    EXCEPTION = 5
    """An exception of the submission that no rule names."""
    OTHER = 6
    """The zip has another finding."""


@dataclass
class Ranked:
    """A cause with its evidence, while evidence is collected."""

    rank: Rank = Rank.OTHER
    evidence: list[str] = field(default_factory=list)

    def support(self, rank: Rank, *lines: str) -> None:
        """Add evidence; the best rank counts."""
        self.rank = min(self.rank, rank)
        self.evidence += [line for line in lines if line not in self.evidence]


def rank_causes(
    reading: LogReading, report: CheckReport | None, traces: Sequence[Trace], elsewhere: str | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    """Return the causes with their evidence, the most probable first.

    Parameters
    ----------
    reading
        The log.
    report
        Findings in the zip; None without a zip.
    traces
        Local replays.
    elsewhere
        Where a file that the log misses lies in the zip, as evidence.
    """
    found: dict[str, Ranked] = defaultdict(Ranked)
    for cause in reading.causes:
        found[cause.word].support(Rank.EXCEPTION if cause.fallback else Rank.LOG, *cause.evidence)
    if elsewhere:
        found["weights_missing"].support(Rank.LOG_AND_ZIP, elsewhere)
    _add_findings(found, reading, report.findings if report else ())
    _add_replays(found, reading, traces)
    ranked = sorted(found.items(), key=lambda item: item[1].rank)
    return [(word, tuple(one.evidence)) for word, one in ranked]


def _add_findings(found: dict[str, Ranked], reading: LogReading, findings: Sequence[Finding]) -> None:
    places = {f"{file}:{line}" for file, line in reading.places}
    for finding in findings:
        named = finding.id in found and found[finding.id].rank in (Rank.LOG, Rank.LOG_AND_ZIP)
        if named:
            rank = Rank.LOG_AND_ZIP
        elif finding.where in places:
            rank = Rank.PLACE
        elif finding.severity == "error":
            rank = Rank.OTHER if reading.last else Rank.ERROR
        elif reading.causes:
            continue  # a warning elsewhere explains nothing that the log shows
        else:
            rank = Rank.OTHER
        found[finding.id].support(rank, f"zip, {finding.where}: {finding.message}")


def _add_replays(found: dict[str, Ranked], reading: LogReading, traces: Sequence[Trace]) -> None:
    for trace in traces:
        if trace.outcome == "scored" or is_local(trace):
            continue
        word = REPORTED_BY.get(trace.outcome, trace.outcome)
        if same_error(trace, reading):
            best = min(found, key=lambda one: found[one].rank, default=word)
            found[best].support(Rank.EXCEPTION, f"{described(trace)} fails with the same error")
        elif not reading.causes:
            first = trace.message.partition("\n")[0]
            found[word].support(Rank.REPLAY, f"{described(trace)} ends in {trace.outcome}: {first}")
