"""The wrapper of all verbs: it records what a verb returns, and never disturbs the verb."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from submission_builder.base.errors import LedgerError
from submission_builder.ledger.entries import RECORDED
from submission_builder.ledger.place import is_off, ledger_path
from submission_builder.ledger.store import append

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.ledger.entries import Rows

P = ParamSpec("P")
R = TypeVar("R")

_DOOR = "submission_builder"
_LOG = logging.getLogger(__name__)


def recorded(verb: Callable[P, R]) -> Callable[P, R]:
    """Wrap a verb so that its results are recorded in the ledger.

    If the ledger cannot be written to, one warning is logged, and the verb returns its result all the same.

    Parameters
    ----------
    verb
        A verb of the public API. One that leaves no entries is returned unchanged.
    """
    rows_of = RECORDED.get(verb.__name__)
    if rows_of is None:
        return verb

    @functools.wraps(verb)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        result = verb(*args, **kwargs)
        if not is_off():
            _record(lambda: rows_of(result))
        return result

    wrapper.__module__, wrapper.__qualname__ = _DOOR, verb.__name__  # where pickle finds it
    return wrapper


def _record(rows_of_result: Callable[[], Rows]) -> None:
    try:
        rows = rows_of_result()
        if rows.entries:
            append(ledger_path(), rows.entries, rows.builds)
    except (LedgerError, OSError) as error:  # an OSError: the zip can no longer be read
        _warn_once(str(error))


@functools.cache
def _warn_once(reason: str) -> None:
    """Log each reason once in a process. Without a logging configuration, the message goes to standard error."""
    _LOG.warning("warning: nothing was recorded, and the result is complete: %s", reason)
