"""All checks, sorted by number, and how to find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.base.errors import CheckError, did_you_mean
from submission_builder.checks import (
    api,
    archive,
    at_import,
    behaviour,
    imports,
    interface,
    loading,
    run_outcome,
    serving,
    weights,
    weights_in_run,
    weights_listed,
    weights_versions,
)
from submission_builder.checks.check import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODULES = (
    *(archive, interface, imports, loading, serving, api, at_import),
    *(weights, weights_listed, weights_in_run, weights_versions),
    *(run_outcome, behaviour),
)

CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (value for module in _MODULES for value in vars(module).values() if isinstance(value, Check)),
        key=lambda check: check.id,
    )
)
"""Sorted by number."""


def find_check(id_: str) -> Check:
    """Return the check of a number, in upper or lower case.

    Raises
    ------
    CheckError
        If no check has this number.
    """
    by_id = {check.id: check for check in CHECKS}
    if id_.upper() in by_id:
        return by_id[id_.upper()]
    raise CheckError(
        f"there is no check {id_}", hint=did_you_mean(id_.upper(), by_id) or "`subpack check --list` lists all checks"
    )


def select_checks(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Check, ...]:
    """Return the checks whose numbers begin with one of `select` and with none of `ignore`.

    Parameters
    ----------
    select
        Numbers or their beginnings, such as ``S104`` or ``S1``; empty for all checks.
    ignore
        Numbers or their beginnings that are left out.

    Raises
    ------
    CheckError
        If no check begins with one of them.
    """
    select, ignore = ((names,) if isinstance(names, str) else names for names in (select, ignore))
    for wanted in (*select, *ignore):
        if not any(check.id.startswith(wanted.upper()) for check in CHECKS):
            find_check(wanted)
    chosen = [check for check in CHECKS if not select or _begins(check, select)]
    return tuple(check for check in chosen if not _begins(check, ignore))


def _begins(check: Check, names: Sequence[str]) -> bool:
    return any(check.id.startswith(name.upper()) for name in names)
