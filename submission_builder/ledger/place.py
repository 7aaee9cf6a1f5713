"""Where the ledger is, and whether it is on."""

from __future__ import annotations

import contextlib
import os
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Iterator

MOVE, OFF = "SUBPACK_LEDGER", "SUBPACK_NO_LEDGER"
"""Environment variables: the path of the file; any text turns the ledger off."""

_SWITCHED_OFF = ContextVar("switched_off", default=False)


def ledger_path() -> Path:
    """Return the path of the ledger: ``$SUBPACK_LEDGER``, or ``ledger.sqlite3`` in the user's data folder."""
    named = os.environ.get(MOVE)
    return Path(named).absolute() if named else platformdirs.user_data_path("subpack") / "ledger.sqlite3"


def is_off() -> bool:
    """Whether nothing is recorded."""
    return bool(os.environ.get(OFF)) or _SWITCHED_OFF.get()


@contextlib.contextmanager
def switched_off() -> Iterator[None]:
    """Record nothing inside the block."""
    token = _SWITCHED_OFF.set(True)
    try:
        yield
    finally:
        _SWITCHED_OFF.reset(token)
