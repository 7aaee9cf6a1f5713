"""A table as a CSV or Parquet file."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from submission_builder.base.atomic import atomic_file, require_parent_folder
from submission_builder.base.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_CSV, _PARQUET = ".csv", ".parquet"


def require_table_format(path: Path) -> None:
    """Check that a table can be written to a path, before a long computation of its content.

    Raises
    ------
    OutputError
        If the suffix is neither ``.csv`` nor ``.parquet``, if pyarrow is missing for the latter, or if the folder does
        not exist.
    """
    require_parent_folder(path)
    if path.suffix not in (_CSV, _PARQUET):
        raise OutputError(f"{path} cannot be written: the name of a table ends in {_CSV} or {_PARQUET}")
    if path.suffix == _PARQUET and find_spec("pyarrow") is None:
        raise OutputError(
            f"{path} cannot be written: Parquet needs the package pyarrow, which is not installed",
            hint=f"pip install pyarrow, or write {path.with_suffix(_CSV)}",
        )


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table without its index.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with atomic_file(path) as part:
        if path.suffix == _PARQUET:
            table.to_parquet(part, engine="pyarrow", index=False)
        else:
            table.to_csv(part, index=False)
