"""The prediction cache: predictions of an earlier run with the same zip, windows and settings.

Scores are not cached; they are computed from the predictions. The key covers everything that predictions depend on: the
zip, the windows, the recordings, the runtime settings, the Python with its packages, and our own sources that run a
submission. A file is written whole or not at all, and a file that cannot be read counts as missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
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
    from collections.abc import Sequence

    from submission_builder.harness.runtime import Runtime
    from submission_builder.protocol.entry_point import EntryPoint
    from submission_builder.sandbox.interpreter import Interpreter
    from submission_builder.workflows.evaluate.evaluation_set import EvaluationWindows

_KIND = "predictions"
_SOURCES = ("harness", "sandbox", "protocol")
"""Rooms whose code takes part in a replay."""
_ENVIRONMENT = ("OMP_", "MKL_", "OPENBLAS_", "CUDA_VISIBLE_DEVICES")
"""Variables that numerical libraries read."""


@dataclass(frozen=True)
class PredictionCache:
    """The cached predictions of one zip."""

    folder: Path
    """The cache folder."""
    sha256: str
    """Of the zip."""

    def is_empty(self) -> bool:
        """Whether no predictions of this zip are cached under any settings."""
        return next(self._folder.glob(f"{self.sha256[:16]}-*.json"), None) is None

    def find(self, key: str, prepared: EvaluationWindows) -> Replay | None:
        """Return the cached replay of these windows; None if there is none that can be read."""
        path = self._path(key)
        try:
            replay = _replay(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        cached = {number: len(values) for number, values in replay.predictions.items()}
        if cached != {number: len(windows) for number, windows in prepared.windows.items()}:
            return None
        note_use(path)
        return replay

    def keep(self, key: str, replay: Replay) -> list[str]:
        """Write a replay to the cache; if that fails, return the reason as a caveat, since the score is not lost."""
        path = self._path(key)
        content = asdict(replay) | {"predictions": {n: values.tolist() for n, values in replay.predictions.items()}}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(path) as part:
                part.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
        except (OutputError, OSError) as error:
            return [f"the predictions could not be cached for the next run: {error}"]
        return []

    @property
    def _folder(self) -> Path:
        return self.folder / _KIND

    def _path(self, key: str) -> Path:
        return self._folder / f"{self.sha256[:16]}-{key}.json"


def cache_key(
    sha256: str, prepared: EvaluationWindows, runtime: Runtime, entry: EntryPoint, hidden: Sequence[Path] = ()
) -> str:
    """Digest everything that predictions depend on.

    Parameters
    ----------
    sha256
        Of the zip.
    prepared
        Windows, and the digest of the recordings.
    runtime
        Settings; those that are declared to affect predictions count.
    entry
        The class that the server calls.
    hidden
        Files and folders that the submission must not see.
    """
    python = runtime.replica().interpreter
    parts: dict[str, Any] = {
        "zip": sha256,
        "release": prepared.digest,
        "runtime": runtime.cache_key(hidden),
        "entry": asdict(entry),
        "python": [str(python.executable), python.python, _packages(python)],
        "environment": {name: value for name, value in os.environ.items() if name.startswith(_ENVIRONMENT)},
        "sources": _sources_digest(),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    for number, windows in sorted(prepared.windows.items()):
        digest.update(f"\0{number} {len(windows)}\0".encode())
        digest.update(windows.table.recording.tobytes() + windows.table.start.tobytes())
    return digest.hexdigest()[:32]


def _replay(content: dict[str, Any]) -> Replay:
    costs = {
        int(number): ChallengeCost(
            cost["load_s"],
            [TimedBlock(**block) for block in cost["single_windows"]],
            [(windows, held) for windows, held in cost["memory"]],
        )
        for number, cost in content["costs"].items()
    }
    return Replay(
        **content
        | {
            "predictions": {int(n): np.array(values, np.float64) for n, values in content["predictions"].items()},
            "network": tuple(content["network"]),
            "shapes": {int(n): tuple(shape) for n, shape in content["shapes"].items()},
            "batch": {int(n): size for n, size in content["batch"].items()},
            "unbatched": {int(n): reason for n, reason in content["unbatched"].items()},
            "costs": costs,
        }
    )


def _sources_digest() -> str:
    digest = hashlib.sha256()
    home = Path(__file__).parents[2]
    for room in _SOURCES:
        for path in sorted((home / room).rglob("*.py")):
            digest.update(f"{path.relative_to(home)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _packages(python: Interpreter) -> list[str]:
    """List names and versions of the packages that a Python can import."""
    return sorted({info.name for folder in python.package_folders for info in Path(folder).glob("*.dist-info")})
