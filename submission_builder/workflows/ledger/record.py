"""The verb ``record``: a result that the server published."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import LedgerError
from submission_builder.ledger.entries import of_server_result
from submission_builder.ledger.place import OFF, is_off, ledger_path
from submission_builder.ledger.store import Filter, append, find
from submission_builder.protocol.challenges import DEFAULT_PROFILE, Profile, find_profile
from submission_builder.protocol.metrics import DECIMALS
from submission_builder.protocol.metrics import overall as weighted
from submission_builder.workflows.ledger.which_zip import digests_of_file, sha256_of_zip

if TYPE_CHECKING:
    import os

    from submission_builder.ledger.entry import Entry

    Number = str | float

SCHEMA = 1
"""Version of the layout of :meth:`Recorded.to_dict`."""

_FEWEST_DECIMALS = 2
"""The public board shows two decimals; a number with fewer was shortened by whoever typed it."""


@dataclass(frozen=True)
class Recorded:
    """A result of the server that is now in the ledger."""

    ledger: Path
    entry: Entry

    def to_dict(self) -> dict[str, Any]:
        """Return the result in a form that JSON can hold."""
        return {"schema": SCHEMA, "ledger": str(self.ledger), "entry": self.entry.to_dict()}


def record(
    submission: str | os.PathLike[str],
    *,
    overall: Number,
    challenge1: Number,
    challenge2: Number,
    release: str | None = None,
    profile: str = DEFAULT_PROFILE,
) -> Recorded:
    """Record the scores that the server published for a zip.

    Parameters
    ----------
    submission
        The zip, or at least four characters of its SHA-256 or MD5 if it is in the ledger. The server shows the MD5.
    overall, challenge1, challenge2
        The scores as the server shows them, with all decimals. Text such as ``"0.90"`` keeps a last zero.
    release
        Name of the release that the server scored, if it is known, such as ``R5_L100_bdf``.
    profile
        The server's scoring rules.

    Raises
    ------
    LedgerError
        If the overall score is not the weighted mean of the challenges, a number is not a score, or the ledger is off
        or cannot be written to.
    ConfigError
        If there is no such profile.

    Examples
    --------
    >>> import submission_builder as sb
    >>> recorded = sb.record(submission_zip, overall=0.96, challenge1=0.92, challenge2=0.98, release="R12")
    >>> recorded.entry.overall, sb.history(submission_zip, command="record").entries[0].release
    (0.96, 'R12')
    """
    rules = find_profile(profile)
    if is_off():
        raise LedgerError("the ledger is off, so that the result cannot be recorded", hint=f"unset {OFF}")
    given = {"overall": overall, "challenge1": challenge1, "challenge2": challenge2}
    scores = {name: _score(name, value) for name, value in given.items()}
    _require_agreement(scores, rules)
    ledger = ledger_path()
    path, digests = _zip(submission, ledger)
    numbers = {name: float(score) for name, score in scores.items()}
    entry = of_server_result(path, digests, numbers, profile=profile, release=release)
    append(ledger, [entry])
    return Recorded(ledger, entry)


def _score(name: str, value: Number) -> Decimal:
    try:
        score = Decimal(str(value))
    except InvalidOperation:
        score = Decimal("nan")
    if not score.is_finite() or not math.isfinite(float(score)) or score <= 0:
        raise LedgerError(f"{name} is {value}; a positive number is expected")
    return score


def _require_agreement(scores: dict[str, Decimal], rules: Profile) -> None:
    """Require that the overall score is the weighted mean, up to the rounding of the numbers.

    The three scores are rounded to equally many decimals, so the overall score and the weighted mean are each wrong by
    at most half a unit of the last one. The server rounds to five decimals, whatever it shows.
    """
    expected = weighted({n: float(scores[f"challenge{n}"]) for n in rules.challenges}, rules)
    decimals = min(DECIMALS, max(_FEWEST_DECIMALS, *map(_decimals, scores.values())))
    if abs(float(scores["overall"]) - expected) > 1.001 * 10.0**-decimals:
        parts = " + ".join(f"{spec.weight:g} · {scores[f'challenge{n}']}" for n, spec in rules.challenges.items())
        raise LedgerError(
            f"overall is {scores['overall']}, but {parts} is {expected:.{decimals}f} (weights of profile "
            f"{rules.name}); the three scores of one submission are expected"
        )


def _decimals(score: Decimal) -> int:
    exponent = score.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _zip(submission: str | os.PathLike[str], ledger: Path) -> tuple[str | Path, dict[str, str | None]]:
    """Return path and digests of a zip: of the file, or of its newest entry."""
    path = Path(submission)
    if path.is_file():
        return path, {**digests_of_file(path)}
    (known,) = find(ledger, Filter(sha256=sha256_of_zip(submission, ledger)), limit=1)
    return known.path, {"sha256": known.sha256, "md5": known.md5}
