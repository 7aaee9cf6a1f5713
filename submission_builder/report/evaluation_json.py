"""Evaluations as a JSON file, for CI and for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from submission_builder.base.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from submission_builder.workflows.evaluate.evaluation import Evaluation


def write_json(evaluations: Sequence[Evaluation], path: Path) -> None:
    """Write one evaluation as an object, several as a list.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    objects = [evaluation.to_dict() for evaluation in evaluations]
    content = objects if len(objects) > 1 else objects[0]
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")
