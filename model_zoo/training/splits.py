"""Splits by subject; a split over windows cannot be expressed."""

from __future__ import annotations

import hashlib
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from submission_builder.protocol.windows import WindowTable

_SHOWN = 10


def split_subjects(table: WindowTable, val_share: float, seed: int) -> tuple[WindowTable, WindowTable]:
    """Hold out a share of the subjects, with all of their windows.

    Parameters
    ----------
    table
        The windows.
    val_share
        Share of the subjects, in (0, 1). Each split gets at least two where there are four, as one subject alone
        has a single factor score and no nrmse; else at least one.
    seed
        Of the draw.

    Returns
    -------
    train, val
        Two tables without a common subject.

    Raises
    ------
    ReleaseError
        If there are fewer than two subjects.
    """
    subjects = np.unique(table.subject)
    if len(subjects) < 2:  # noqa: PLR2004 - one on each split
        raise ReleaseError(f"training takes at least 2 subjects, one held out; there is {len(subjects)}")
    fewest = min(len(subjects) // 2, 2)
    n_val = min(max(round(val_share * len(subjects)), fewest), len(subjects) - fewest)
    held_out = np.random.default_rng(seed).permutation(subjects)[:n_val]
    in_val = np.isin(table.subject, held_out)
    return table.select(~in_val), table.select(in_val)


def fold_subjects(table: WindowTable, n_folds: int) -> Iterator[tuple[WindowTable, WindowTable]]:
    """Hold out each subject once, in folds of about as many windows.

    The folds are those of scikit-learn's ``GroupKFold``: subjects by falling number of windows, each into the
    fold that has the fewest windows so far.

    Parameters
    ----------
    table
        The windows.
    n_folds
        How many folds, 2 or more.

    Yields
    ------
    rest, held_out
        Two tables without a common subject.

    Raises
    ------
    ReleaseError
        If there are fewer subjects than folds.
    """
    subjects, who, n_windows = np.unique(table.subject, return_inverse=True, return_counts=True)
    if len(subjects) < n_folds:
        raise ReleaseError(f"{n_folds} folds take at least {n_folds} subjects; there are {len(subjects)}")
    fold, size = np.empty(len(subjects), np.int64), np.zeros(n_folds, np.int64)
    for subject in np.argsort(n_windows, kind="stable")[::-1]:
        fold[subject] = lightest = np.argmin(size)
        size[lightest] += n_windows[subject]
    for number in range(n_folds):
        held_out = fold[who] == number
        yield table.select(~held_out), table.select(held_out)


def require_disjoint(*sides: tuple[str, WindowTable]) -> None:
    """Refuse sides that share a subject.

    Parameters
    ----------
    sides
        What an error calls each split, and its windows.

    Raises
    ------
    ReleaseError
        If a subject is on two sides; the subjects are named.
    """
    subjects = [(name, set(np.unique(table.subject).tolist())) for name, table in sides]
    for (one, in_one), (other, in_other) in combinations(subjects, 2):
        shared = sorted(in_one & in_other)
        if shared:
            named = ", ".join(shared[:_SHOWN]) + (f" and {len(shared) - _SHOWN} more" if len(shared) > _SHOWN else "")
            raise ReleaseError(f"{one} and {other} share {len(shared)} subject(s): {named}; no two sides share any")


def require_varying_targets(val: WindowTable) -> None:
    """Refuse a validation split on which no epoch is better than another.

    Raises
    ------
    ReleaseError
        If all of its targets are equal.
    """
    if np.ptp(val.target) == 0:
        raise ReleaseError(
            f"no epoch can be chosen: the {val.n_subjects} subject(s) held out have the one target "
            f"{val.target[0]:g}, so nrmse is undefined on them; training takes at least 4 subjects"
        )


def subjects_digest(subjects: Iterable[str]) -> str:
    """Digest a set of subjects, so that a card can be held against other data without naming anyone."""
    return hashlib.sha256("\n".join(sorted(set(subjects))).encode()).hexdigest()
