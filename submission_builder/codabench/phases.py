"""Phases: which one is open, and how many submissions it allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from submission_builder.base.errors import CodabenchError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from submission_builder.codabench.records import Record
    from submission_builder.codabench.replies import Competition, Phase


@dataclass(frozen=True)
class Quota:
    """How many submissions a phase allows, and how many this machine has sent."""

    per_day: int | None
    """None for no limit."""
    per_person: int | None
    """None for no limit."""
    sent_today: int
    """On this UTC date, by this machine, without failed ones; submissions of others of the team are not known."""
    sent_in_all: int


def choose_phase(competition: Competition, wanted: str | None, now: datetime) -> Phase:
    """Return the phase that is named, or else the only one that is open, and require that it is open.

    The server accepts submissions after the end of a phase and says that it does, so the dates are compared here.

    Parameters
    ----------
    competition
        The competition.
    wanted
        Number or name of a phase; None for the one that is open.
    now
        A time with its zone.

    Raises
    ------
    CodabenchError
        If there is no such phase, it is not open, or several are.
    """
    if wanted is not None:
        phase = _named(competition.phases, wanted)
        if reason := why_closed(phase, now):
            raise CodabenchError(f"{reason}; its submissions would not count", hint=_listed(competition.phases))
        return phase
    found = [phase for phase in competition.phases if not why_closed(phase, now)]
    if not found:
        raise CodabenchError(f"no phase of {competition.title} is open now", hint=_listed(competition.phases))
    if len(found) > 1:
        names = ", ".join(f"{phase.id} ({phase.name})" for phase in found)
        raise CodabenchError(f"several phases are open: {names}", hint="--phase names one of them")
    return found[0]


def why_closed(phase: Phase, now: datetime) -> str | None:
    """Return why a phase is not open, as a sentence; None if it is open."""
    if now < _zoned(phase.start):
        return f"phase {phase.id} ({phase.name}) starts at {when(phase.start)}"
    if phase.end is not None and now >= _zoned(phase.end):
        return f"phase {phase.id} ({phase.name}) ended at {when(phase.end)}"
    return None


def quota(phase: Phase, records: Iterable[Record], now: datetime) -> Quota:
    """Count what this machine has sent to a phase: failed submissions do not count, cancelled ones do."""
    counted = [one for one in records if one.phase == phase.id and one.number and one.status != "Failed"]
    today = now.astimezone(UTC).date()
    sent_today = sum(datetime.fromisoformat(one.at).astimezone(UTC).date() == today for one in counted)
    limits = (phase.max_submissions_per_day, phase.max_submissions_per_person)
    per_day, per_person = limits if phase.has_max_submissions else (None, None)
    return Quota(per_day, per_person, sent_today, len(counted))


def when(time: datetime) -> str:
    """Write a time in UTC."""
    return f"{_zoned(time).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _named(phases: Sequence[Phase], wanted: str) -> Phase:
    for phase in phases:
        if wanted in (str(phase.id), phase.name) or wanted.lower() == phase.name.lower():
            return phase
    names = [name for phase in phases for name in (str(phase.id), phase.name)]
    raise CodabenchError(f"there is no phase {wanted}", hint=did_you_mean(wanted, names) or _listed(phases))


def _listed(phases: Sequence[Phase]) -> str:
    spans = (f"{one.id} ({one.name}): {when(one.start)} to {when(one.end) if one.end else 'no end'}" for one in phases)
    return f"phases: {'; '.join(spans)}" if phases else "the competition has no phases"


def _zoned(time: datetime) -> datetime:
    """Return a time with a zone; the server's times without one are UTC."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
