"""Every check, in one table, and how one is found in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.base.errors import CheckError, did_you_mean
from submission_builder.checks.pages.archive import ARCHIVE
from submission_builder.checks.pages.behaviour import BEHAVIOUR
from submission_builder.checks.pages.code import CODE
from submission_builder.checks.pages.weights import WEIGHTS

if TYPE_CHECKING:
    from submission_builder.checks.check import Check

CHECKS: tuple[Check, ...] = ARCHIVE + CODE + WEIGHTS + BEHAVIOUR
"""Sorted by id."""


def find_check(id_: str) -> Check:
    """Look a check up.

    Raises
    ------
    CheckError
        If there is none of that number.
    """
    by_id = {check.id: check for check in CHECKS}
    if id_.upper() in by_id:
        return by_id[id_.upper()]
    raise CheckError(f"there is no check {id_}", hint=did_you_mean(id_.upper(), by_id))
