"""Splits by subject; a split over windows cannot be expressed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from submission_builder.protocol.windows import WindowTable


def split_subjects(table: WindowTable, val_share: float, seed: int) -> tuple[WindowTable, WindowTable]:
    """Hold out a share of the subjects, with all of their windows.

    Parameters
    ----------
    table
        The windows.
    val_share
        Share of the subjects, in (0, 1). Each side gets at least two where there are four, as one subject alone
        has a single factor score and no nrmse; else at least one.
    seed
        Of the draw.

    Returns
    -------
    train, val
        Two tables without a common subject.

    Raises
    ------
    ValueError
        If there are fewer than two subjects.
    """
    subjects = np.unique(table.subject)
    if len(subjects) < 2:  # noqa: PLR2004 - one on each side
        raise ValueError(f"a split by subject takes at least 2 subjects, there is {len(subjects)}")
    fewest = min(len(subjects) // 2, 2)
    n_val = min(max(round(val_share * len(subjects)), fewest), len(subjects) - fewest)
    held_out = np.random.default_rng(seed).permutation(subjects)[:n_val]
    in_val = np.isin(table.subject, held_out)
    return table.select(~in_val), table.select(in_val)


def subjects_digest(subjects: Iterable[str]) -> str:
    """Digest a set of subjects, so that a card can be held against other data without naming anyone."""
    return hashlib.sha256("\n".join(sorted(set(subjects))).encode()).hexdigest()
