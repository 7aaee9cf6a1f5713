"""Reads the events of a run, and counts the onsets that the official pipeline cannot parse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from submission_builder.base.errors import ReleaseError
from submission_builder.base.placeholder import find_placeholder
from submission_builder.releases.placeholders import download_hint

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_NOT_APPLICABLE = "n/a"


@dataclass(frozen=True, eq=False)
class Events:
    """The events of a run, in the order of the file.

    Shape
    -----
    onset, value: ``(n_events,)``
    """

    onset: NDArray[np.float64]
    """Time of each event in s from the start of the recording; NaN if the file gives none."""
    value: NDArray[np.object_]
    """Name of each event."""
    columns: tuple[str, ...]
    """Names of the file's columns."""
    n_unreadable_onsets: int = 0
    """Onsets that are absent and not written as ``n/a``, such as ``NaN`` or an empty field."""


def read_events(path: Path) -> Events:
    """Read an events.tsv with pandas, as the official pipeline does.

    Raises
    ------
    ReleaseError
        If the file is missing, cannot be read, or lacks numeric onsets and values.
    """
    placeholder = find_placeholder(path)
    if placeholder:
        raise ReleaseError(f"{path.name} {placeholder.fact}", hint=download_hint(placeholder))
    if not path.is_file():
        raise ReleaseError(f"{path.name} is missing beside the BDF")
    try:
        table = pd.read_csv(path, sep="\t")
        onset, value = table["onset"].to_numpy(np.float64), table["value"].to_numpy(object)
    except (ValueError, KeyError, OSError) as error:
        raise ReleaseError(
            f"{path.name} cannot be read as events ({error}); it needs the columns onset (numbers) and value"
        ) from error
    if np.isinf(onset).any():
        raise ReleaseError(f"{path.name} has an infinite onset; the server's run fails on it without a score")
    return Events(onset, value, tuple(map(str, table)), _unreadable_onsets(path, table["onset"].isna()))


def _unreadable_onsets(path: Path, absent: pd.Series[bool]) -> int:
    """Count the onsets that pandas reads as NaN, as `absent` marks them, although their text is not ``n/a``."""
    if not absent.any():
        return 0
    text = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)["onset"]
    return int((absent & (text != _NOT_APPLICABLE)).sum())
