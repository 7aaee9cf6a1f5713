"""A training as JSON, for CI and for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from submission_builder.base.atomic import atomic_file

if TYPE_CHECKING:
    from pathlib import Path

    from submission_builder.workflows.train.training_run import TrainingRun
    from submission_builder.workflows.train.training_runs import TrainingRuns


def write_training_json(result: TrainingRun | TrainingRuns, path: Path) -> None:
    """Write the result of one run or of several.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    text = json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")
