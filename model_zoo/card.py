"""The card of a checkpoint: what the weights are, what they rest on and what they score."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SCHEMA = 1


@dataclass(frozen=True)
class Card:
    """What stands beside the weights, as ``ARCHITECTURE.TAG.json``.

    Attributes
    ----------
    architecture, tag, challenge
        What the weights are of.
    kwargs
        Keyword arguments that the net was built with.
    summary
        In plain words, what the weights rest on; says SIMULATED where they rest on simulated data.
    weights_sha256
        Digest of the weights' file.
    n_parameters
        Trainable numbers.
    data
        Releases trained on: name, digest, whether simulated, windows, subjects, recordings left out.
    subjects_digest
        sha256 over the sorted subjects of both sides of the split.
    split
        How subjects were split, with their numbers.
    scores
        nrmse with its interval on each side, and on a release never trained on where one was given.
    config
        All settings of the training.
    commit
        Commit of the sources that trained, with ``-dirty`` where they had changes; None outside a checkout.
    versions
        Of Python, torch and subpack.
    subjects
        :func:`digest_subjects` of both sides; empty in cards older than this field.
    pretrained
        Weights that the training started from; empty where it started from none.
    """

    architecture: str
    tag: str
    challenge: int
    kwargs: dict[str, Any]
    summary: str
    weights_sha256: str
    n_parameters: int
    data: list[dict[str, Any]]
    subjects_digest: str
    split: dict[str, Any]
    scores: dict[str, Any]
    config: dict[str, Any]
    commit: str | None
    versions: dict[str, str]
    subjects: list[str] = field(default_factory=list)
    pretrained: list[str] = field(default_factory=list)
    schema: int = field(default=_SCHEMA)

    @property
    def name(self) -> str:
        """``ARCHITECTURE.TAG``, the stem of both files."""
        return f"{self.architecture}.{self.tag}"

    def dumps(self) -> str:
        """Write as JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def digest_subjects(subjects: Iterable[str]) -> list[str]:
    """Digest subjects one by one, so that a card can be held against other data, and names nobody.

    Parameters
    ----------
    subjects
        Participants, as BIDS writes them; each counts once.

    Returns
    -------
    list[str]
        The first 16 hexadecimal digits of each one's sha256, sorted.
    """
    return sorted(hashlib.sha256(subject.encode()).hexdigest()[:16] for subject in set(subjects))


def read_card(path: Path) -> Card:
    """Read a card.

    Parameters
    ----------
    path
        The JSON file.

    Raises
    ------
    CheckpointError
        If it is not there, is no JSON, or lacks or exceeds the card's fields.
    """
    if not path.is_file():
        raise CheckpointError(f"the card {path} is not there; a checkpoint is a .pt file with its .json beside it")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"the card {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CheckpointError(f"the card {path} is not JSON: {error}") from error
    known = {f.name for f in fields(Card)}
    required = {f.name for f in fields(Card) if f.default is MISSING and f.default_factory is MISSING} | {"schema"}
    found = set(content) if isinstance(content, dict) else set()
    if not required <= found <= known:
        differing = ", ".join(sorted((required - found) | (found - known)))
        raise CheckpointError(f"the card {path} is not of schema {_SCHEMA}: it differs in {differing}")
    if content["schema"] != _SCHEMA:
        raise CheckpointError(f"the card {path} has schema {content['schema']}, this subpack reads {_SCHEMA}")
    return Card(**content)
