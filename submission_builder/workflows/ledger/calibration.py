"""The verb ``calibration``: local scores against those of the server."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from submission_builder.ledger.place import ledger_path
from submission_builder.ledger.store import find_pairs
from submission_builder.scores.agreement import FEWEST, Agreement, agreement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from submission_builder.ledger.entry import Entry

SCHEMA = 1
"""Version of the layout of :meth:`Calibration.to_dict`."""

SCORES = ("challenge1", "challenge2", "overall")


@dataclass(frozen=True)
class Series:
    """The submissions that were scored on one local release, and by the server on one release."""

    release: str
    """The local release."""
    fingerprint: str
    """SHA-256 of its labels and recordings."""
    simulated: bool
    server_release: str | None
    """The release that the server scored; None if it was not recorded."""
    profile: str
    definition: str
    """Definition of the scores, the same on both sides."""
    agreement: Mapping[str, Agreement]
    """For ``challenge1``, ``challenge2`` and ``overall``."""

    @property
    def same_release(self) -> bool | None:
        """Whether both scored the release of the same name; None if the server's is not known."""
        return None if self.server_release is None else self.server_release == self.release


@dataclass(frozen=True)
class Calibration:
    """Local scores against those of the server."""

    ledger: Path
    series: tuple[Series, ...]
    """The series with the most submissions first."""
    n_server: int
    """Number of zips with a result of the server."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as ``subpack calibration --json`` prints it."""
        return {
            "schema": SCHEMA,
            "ledger": str(self.ledger),
            "fewest": FEWEST,
            "n_server": self.n_server,
            "series": [asdict(one) | {"same_release": one.same_release} for one in self.series],
        }

    def _repr_html_(self) -> str:
        from submission_builder.report.calibration import show_calibration  # noqa: PLC0415 - for notebooks alone
        from submission_builder.report.notebook import html  # noqa: PLC0415

        return html(partial(show_calibration, self))


def calibration() -> Calibration:
    """Compare local scores with those of the server, for zips that have both.

    Scores are compared only under the same profile. Scores of a part of a release are left out. Of several local scores
    of a zip on a release, and of several results of the server, the newest counts. Each pair of local release and
    server's release is a series of its own.

    Returns
    -------
    Calibration
        Bias (server minus local) and correlation of each series, each with a 95 % interval. They are None for fewer
        than eight zips.

    Raises
    ------
    LedgerError
        If the ledger cannot be read.

    Examples
    --------
    >>> import submission_builder as sb
    >>> result = sb.evaluate(submission_zip, data=release_folder)
    >>> recorded = sb.record(submission_zip, overall=0.96, challenge1=0.92, challenge2=0.98, release="R12")
    >>> (series,) = sb.calibration().series
    >>> series.same_release, series.agreement["overall"].n, series.agreement["overall"].bias
    (False, 1, None)
    """
    ledger = ledger_path()
    pairs, n_server = find_pairs(ledger)
    newest = {(*_series_key(server, local), server.sha256): (server, local) for server, local in pairs}
    groups: dict[tuple[Any, ...], list[tuple[Entry, Entry]]] = defaultdict(list)
    for server, local in newest.values():
        groups[_series_key(server, local)].append((server, local))
    series = [_series(group) for group in groups.values()]
    return Calibration(ledger, tuple(sorted(series, key=lambda one: -one.agreement["overall"].n)), n_server)


def _series_key(server: Entry, local: Entry) -> tuple[Any, ...]:
    return local.release, local.fingerprint, local.simulated, server.release, local.profile, local.definition


def _series(group: list[tuple[Entry, Entry]]) -> Series:
    server, local = group[0]
    names = ("release", "fingerprint", "simulated", "profile", "definition")
    return Series(
        **{name: getattr(local, name) for name in names}, server_release=server.release, agreement=_agreement(group)
    )


def _agreement(group: list[tuple[Entry, Entry]]) -> dict[str, Agreement]:
    return {
        name: agreement([getattr(local, name) for _, local in group], [getattr(server, name) for server, _ in group])
        for name in SCORES
    }
