"""The predictions of evaluations as one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from submission_builder.workflows.evaluate.evaluation import Evaluation

_COLUMNS: dict[str, str] = {
    "release": "str",
    "challenge": "int64",
    "subject": "str",
    "recording": "str",
    "start": "int64",
    "target": "float32",
    "prediction": "float64",
}


def prediction_table(evaluations: Sequence[Evaluation]) -> pd.DataFrame:
    """Return one row per window, in the order in which the server predicts them.

    Parameters
    ----------
    evaluations
        One without a score has no rows.

    Returns
    -------
    pandas.DataFrame
        Columns ``release``, ``challenge``, ``subject``, ``recording``, ``start`` (sample at 100 Hz), ``target`` and
        ``prediction`` (s in challenge 1). Of several evaluations, the first column is ``zip``; of several server
        images, ``server`` follows it.
    """
    several = len(evaluations) > 1
    images = len({evaluation.image for evaluation in evaluations}) > 1
    columns = ({"zip": "str"} if several else {}) | ({"server": "str"} if images else {}) | _COLUMNS
    empty = pd.DataFrame(columns=list(columns)).astype(columns)
    tables = [table for evaluation in evaluations for table in _tables(evaluation)]
    return pd.concat([empty, *tables], ignore_index=True)[list(columns)] if tables else empty


def _tables(evaluation: Evaluation) -> Iterator[pd.DataFrame]:
    """Yield the table of each release and challenge."""
    for part in evaluation.parts:
        release = part.release.name if part.release else ""
        for number in sorted(part.windows):
            of = {"zip": str(evaluation.path), "server": evaluation.image, "release": release, "challenge": number}
            yield part.predictions(number).assign(**of)
