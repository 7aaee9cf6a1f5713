"""The verb ``history``: what the ledger remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import LedgerError
from submission_builder.ledger.place import ledger_path
from submission_builder.ledger.store import Filter, find
from submission_builder.workflows.ledger.which_zip import sha256_of_zip

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from submission_builder.ledger.entry import Entry

SCHEMA = 1
"""Version of the layout of :meth:`History.to_dict`."""

COMMANDS = ("build", "check", "evaluate", "record")
"""The commands that leave entries."""

LIMIT = 20


@dataclass(frozen=True)
class History:
    """Entries of the ledger."""

    ledger: Path
    """The file."""
    entries: tuple[Entry, ...]
    """The newest first."""
    more: bool
    """Whether older entries are left out."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as ``subpack history --json`` prints it."""
        return {
            "schema": SCHEMA,
            "ledger": str(self.ledger),
            "more": self.more,
            "entries": [entry.to_dict() for entry in self.entries],
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.history import show_history  # noqa: PLC0415 - only a notebook renders a result
        from submission_builder.report.notebook import html  # noqa: PLC0415

        return html(partial(show_history, self))


def history(
    submission: str | os.PathLike[str] | None = None,
    *,
    release: str | None = None,
    command: str | None = None,
    since: datetime | str | None = None,
    limit: int | None = LIMIT,
) -> History:
    """List builds, checks, evaluations and server results, the newest first.

    Parameters
    ----------
    submission
        Only entries of this zip: its path, or at least four characters of its SHA-256 or MD5.
    release
        Only entries of this release, by its name, such as ``R5_L100_bdf``.
    command
        Only entries of this command: ``build``, ``check``, ``evaluate`` or ``record``.
    since
        Only entries from this time on: a datetime, or text such as ``2026-11-25`` or ``2026-11-25T14:30``. A time
        without a time zone is in UTC.
    limit
        Number of entries at most; None for all.

    Raises
    ------
    LedgerError
        If the ledger cannot be read, or an argument names nothing that can be in it.

    Examples
    --------
    >>> import submission_builder as sb
    >>> built = sb.build(c1="constant:1.6", c2="constant:0", output=output_folder / "constant.zip")
    >>> report = sb.check(built.path, static=True)
    >>> [(entry.command, entry.outcome) for entry in sb.history(built.path).entries]
    [('check', 'ok'), ('build', 'built')]
    >>> sb.history(built.md5[:10], command="check").entries[0].sha256 == built.sha256
    True
    """
    if command is not None and command not in COMMANDS:
        raise LedgerError(f"{command!r} leaves no entries; {', '.join(COMMANDS)} do")
    if limit is not None and limit < 1:
        raise LedgerError(f"the limit is {limit}; a number of entries of at least 1 is expected")
    ledger = ledger_path()
    sha256 = sha256_of_zip(submission, ledger) if submission is not None else None
    chosen = Filter(sha256, release, command, _seconds(since))
    found = find(ledger, chosen, None if limit is None else limit + 1)
    return History(ledger, tuple(found[:limit]), more=limit is not None and len(found) > limit)


def _seconds(since: datetime | str | None) -> float | None:
    if since is None:
        return None
    try:
        when = datetime.fromisoformat(since) if isinstance(since, str) else since
    except ValueError as error:
        raise LedgerError(f"since is {since!r}; a date such as 2026-11-25, or 2026-11-25T14:30, is expected") from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
