"""Predictions are kept, so that asking the same again takes no time; scores are computed anew from them.

The key is what the predictions hang on: the zip, the windows, the recordings, the Python that predicted with its packages,
and our own sources that asked. A file comes into being whole, and one that cannot be read is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from submission_builder.base.atomic import atomic_file
from submission_builder.base.cache import note_use
from submission_builder.base.errors import OutputError
from submission_builder.harness.meter import ChallengeCost
from submission_builder.harness.projection import TimedBlock
from submission_builder.harness.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Mapping

    from submission_builder.releases.challenge_windows import ChallengeWindows
    from submission_builder.sandbox.interpreter import Interpreter

_KIND = "predictions"
_ASKING = ("harness", "sandbox", "protocol")
_ENVIRONMENT = ("OMP_", "MKL_", "OPENBLAS_", "CUDA_VISIBLE_DEVICES")


def key(
    of: Mapping[str, Any], questions: Mapping[int, ChallengeWindows], python: Interpreter, way: Mapping[str, Any]
) -> str:
    """Digest everything that the predictions hang on.

    Parameters
    ----------
    of
        Digests: ``sha256`` of the zip, ``digest`` of the release.
    questions
        The windows by number of the challenge.
    python
        What runs the submission; the packages beside it count with their versions.
    way
        How it is asked: whatever else changes the predictions or whether they come.
    """
    told: dict[str, Any] = {"zip": of["sha256"], "release": of["digest"], "ours": _sources(), "way": way}
    told["python"] = [str(python.executable), python.python, _packages(python)]
    told["environment"] = {name: value for name, value in os.environ.items() if name.startswith(_ENVIRONMENT)}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for number, question in sorted(questions.items()):
        digest.update(f"\0{number} {len(question)}\0".encode())
        digest.update(question.table.recording.tobytes() + question.table.start.tobytes())
    return digest.hexdigest()[:32]


def find(cache: Path, name: str, questions: Mapping[int, ChallengeWindows]) -> Replay | None:
    """Look for kept predictions to these questions; a damaged file counts as none."""
    path = _path(cache, name)
    try:
        replay = _read(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if {n: len(values) for n, values in replay.predictions.items()} != {
        n: len(asked) for n, asked in questions.items()
    }:
        return None
    note_use(path)
    return replay


def keep(cache: Path, name: str, replay: Replay) -> list[str]:
    """Keep predictions; where they cannot be kept, say why: it is no reason to lose a score."""
    path = _path(cache, name)
    laid_out = asdict(replay) | {"predictions": {n: values.tolist() for n, values in replay.predictions.items()}}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as part:
            part.write_text(json.dumps(laid_out, allow_nan=False), encoding="utf-8")
    except (OutputError, OSError) as error:
        return [f"the predictions could not be kept for the next time: {error}"]
    return []


def _path(cache: Path, name: str) -> Path:
    return cache / _KIND / f"{name}.json"


def _read(kept: dict[str, Any]) -> Replay:
    costs = {
        int(number): ChallengeCost(
            cost["load_s"],
            [TimedBlock(**block) for block in cost["single_windows"]],
            [(windows, held) for windows, held in cost["memory"]],
        )
        for number, cost in kept["costs"].items()
    }
    return Replay(
        **kept
        | {
            "predictions": {int(n): np.array(values, np.float64) for n, values in kept["predictions"].items()},
            "network": tuple(kept["network"]),
            "shapes": {int(n): tuple(shape) for n, shape in kept["shapes"].items()},
            "batch": {int(n): size for n, size in kept["batch"].items()},
            "unbatched": {int(n): reason for n, reason in kept["unbatched"].items()},
            "costs": costs,
        }
    )


def _sources() -> str:
    """Digest our own sources that have a say in the predictions."""
    digest = hashlib.sha256()
    home = Path(__file__).parents[2]
    for room in _ASKING:
        for path in sorted((home / room).rglob("*.py")):
            digest.update(f"{path.relative_to(home)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _packages(python: Interpreter) -> list[str]:
    """Names and versions of the packages that lie beside a Python."""
    return sorted({info.name for folder in python.folders for info in Path(folder).glob("*.dist-info")})
