"""Splits by subject. There is no function that splits the windows of one subject."""

from __future__ import annotations

import hashlib
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from submission_builder.base.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from submission_builder.protocol.windows import WindowTable

_MAX_NAMED = 10


def split_subjects(table: WindowTable, val_share: float, seed: int) -> tuple[WindowTable, WindowTable]:
    """Hold out a random fraction of the subjects, with all of their windows.

    Parameters
    ----------
    table
        The windows.
    val_share
        Fraction of the subjects to hold out, in (0, 1). With four subjects or more, each split gets at least two,
        because nrmse is undefined on one subject's single factor score; with fewer, each split gets at least one.
    seed
        Random seed.

    Returns
    -------
    train, val
        Windows of the two splits.

    Raises
    ------
    ReleaseError
        If there are fewer than two subjects.
    """
    subjects = np.unique(table.subject)
    if len(subjects) < 2:  # noqa: PLR2004 - one for each split
        raise ReleaseError(f"training needs at least 2 subjects, one of them for validation; there is {len(subjects)}")
    fewest = min(len(subjects) // 2, 2)
    n_val = min(max(round(val_share * len(subjects)), fewest), len(subjects) - fewest)
    held_out = np.random.default_rng(seed).permutation(subjects)[:n_val]
    in_val = np.isin(table.subject, held_out)
    return table.select(~in_val), table.select(in_val)


def fold_subjects(table: WindowTable, n_folds: int) -> Iterator[tuple[WindowTable, WindowTable]]:
    """Hold out each subject once, in folds of about the same number of windows (scikit-learn's GroupKFold).

    Parameters
    ----------
    table
        The windows.
    n_folds
        Number of folds. A single fold holds out every subject.

    Yields
    ------
    rest, held_out
        Windows of the other folds and of one fold.

    Raises
    ------
    ReleaseError
        If there are fewer subjects than folds.
    """
    from sklearn.model_selection import GroupKFold  # noqa: PLC0415 - takes a second

    if table.n_subjects < n_folds:
        raise ReleaseError(f"{n_folds} folds need at least {n_folds} subjects; there are {table.n_subjects}")
    every_row = np.arange(len(table))
    folds = GroupKFold(n_folds).split(every_row, groups=table.subject) if n_folds > 1 else [((), every_row)]
    for _, rows in folds:
        held_out = np.isin(every_row, rows)
        yield table.select(~held_out), table.select(held_out)


def require_disjoint(*splits: tuple[str, WindowTable]) -> None:
    """Raise if two splits share a subject.

    Parameters
    ----------
    splits
        Name and windows of each split.

    Raises
    ------
    ReleaseError
        If two splits share a subject. The message names the first ten.
    """
    subjects = [(name, set(np.unique(table.subject).tolist())) for name, table in splits]
    for (one, in_one), (other, in_other) in combinations(subjects, 2):
        shared = sorted(in_one & in_other)
        if shared:
            n_more = len(shared) - _MAX_NAMED
            named = ", ".join(shared[:_MAX_NAMED]) + (f" and {n_more} more" if n_more > 0 else "")
            raise ReleaseError(
                f"{one} and {other} share {len(shared)} subject(s): {named}; splits must not share subjects"
            )


def require_varying_targets(val: WindowTable) -> None:
    """Raise if nrmse is undefined on the validation split, because then no epoch can be selected.

    Raises
    ------
    ReleaseError
        If all targets are equal.
    """
    if np.ptp(val.target) == 0:
        raise ReleaseError(
            f"the best epoch cannot be selected: all windows of the {val.n_subjects} validation subject(s) have the "
            f"target {val.target[0]:g}, so nrmse is undefined; training needs at least 4 subjects"
        )


def subjects_digest(subjects: Iterable[str]) -> str:
    """Return the SHA-256 of a set of subjects, which a card stores in place of their names."""
    return hashlib.sha256("\n".join(sorted(set(subjects))).encode()).hexdigest()
