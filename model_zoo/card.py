"""The card of a checkpoint: architecture, training data, settings and scores of its weights."""

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
    """Description of weights, in the file ``ARCHITECTURE.TAG.json`` beside them."""

    architecture: str
    tag: str
    challenge: int  # 1 or 2
    kwargs: dict[str, Any]  # keyword arguments of the net
    summary: str  # one sentence on the training data; contains SIMULATED if any of it is simulated
    weights_sha256: str
    n_parameters: int  # trainable
    data: list[dict[str, Any]]  # training releases: name, digests, simulated, windows, subjects, skipped recordings
    subjects_digest: str  # sha256 of the sorted subjects of the training and validation splits
    split: dict[str, Any]  # how subjects were split, and how many each split has
    scores: dict[str, Any]  # nrmse and its interval on train, val and, if there is a test release, test
    config: dict[str, Any]  # all settings of the training
    commit: str | None  # of the training sources, `-dirty` if they had changes; None outside a checkout
    versions: dict[str, str]  # of Python, torch and subpack
    subjects: list[str] = field(default_factory=list)  # `digest_subjects` of both splits; empty in older cards
    pretrained: list[str] = field(default_factory=list)  # weights that the training started from
    schema: int = field(default=_SCHEMA)

    @property
    def name(self) -> str:
        """``ARCHITECTURE.TAG``, the stem of both file names."""
        return f"{self.architecture}.{self.tag}"

    def dumps(self) -> str:
        """Return the card as JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def digest_subjects(subjects: Iterable[str]) -> list[str]:
    """Hash each subject, so that a card can be compared with other data and contains no subject's name.

    Parameters
    ----------
    subjects
        BIDS participant labels; duplicates are removed.

    Returns
    -------
    list[str]
        The first 16 hexadecimal digits of the sha256 of each subject, sorted.
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
        If the file is missing or not JSON, or its keys are not the fields of a card.
    """
    if not path.is_file():
        raise CheckpointError(f"the card {path} does not exist; a checkpoint is a .pt file with a .json card beside it")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"the card {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"the card {path} is not JSON: {error}") from error
    known = {f.name for f in fields(Card)}
    required = {f.name for f in fields(Card) if f.default is MISSING and f.default_factory is MISSING} | {"schema"}
    found = set(content) if isinstance(content, dict) else set()
    if not required <= found <= known:
        differing = ", ".join(sorted((required - found) | (found - known)))
        raise CheckpointError(f"the card {path} does not have the keys of schema {_SCHEMA}; they differ in {differing}")
    if content["schema"] != _SCHEMA:
        raise CheckpointError(
            f"the card {path} has schema {content['schema']}; this version of subpack reads schema {_SCHEMA}"
        )
    return Card(**content)
