"""The manifest: what ``submission.py`` builds, the digest of every file, and the origin of the weights.

Schema 3 renames the keys of ``golden`` in schema 2, ``{"question", "answers"}``, to ``{"name", "predictions"}``.
"""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from submission_builder.base.checkout import commit_of, our_commit
from submission_builder.freeze.own_net import OwnNet
from submission_builder.protocol.golden import GOLDEN_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_zoo.card import Card
    from submission_builder.freeze.model import Member, Model, Weights
    from submission_builder.freeze.zip_writer import ZipEntry

SCHEMA = 3
_PACKAGES = ("subpack", "torch", "braindecode", "numpy")


def manifest(
    recipe: Mapping[int, Model],
    names: Mapping[Weights, str],
    entries: Mapping[str, ZipEntry],
    golden: Mapping[int, Sequence[float]],
    *,
    half: bool,
) -> dict[str, Any]:
    """Make the content of the manifest.

    Parameters
    ----------
    recipe
        The model of each challenge.
    names
        Name of each file of weights in the zip.
    entries
        All entries except the manifest.
    golden
        Golden predictions by challenge.
    half
        The weights are stored in half precision.
    """
    return {
        "schema": SCHEMA,
        "challenges": {str(number): _challenge(model, names) for number, model in recipe.items()},
        "files": {name: {"sha256": one.sha256, "size": one.size} for name, one in sorted(entries.items())},
        "golden": {
            "name": GOLDEN_NAME,
            "predictions": {str(number): list(predictions) for number, predictions in golden.items()},
        },
        "document": _document(recipe),
        "precision": "half" if half else "as trained",
        "built_with": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
        | _commit(our_commit()),
    }


def _challenge(model: Model, names: Mapping[Weights, str]) -> dict[str, Any]:
    return {
        "members": [
            member.source.describe()
            | {"weights": names[member.weights] if member.weights else None, "trained": _trained(member)}
            | _source_commit(member)
            for member in model.members
        ],
        "weights": model.shares,
        "wrappers": [
            {"module": wrapper.module, "class": wrapper.class_name, "kwargs": kwargs}
            for wrapper, kwargs in model.wrappers
        ],
        "stateful": model.stateful,
    }


def _trained(member: Member) -> dict[str, Any] | None:
    """Describe the training, as far as it is known; None for a net without training."""
    card, weights = member.card, member.weights
    if card is None or weights is None:
        if weights is None and not member.data:
            return None
        return {"card": None, "data": list(member.data) or None, "pretrained": list(member.pretrained) or None}
    return {
        "card": hashlib.sha256(weights.path.with_suffix(".json").read_bytes()).hexdigest(),
        "tag": card.tag,
        "summary": card.summary,
        "data": card.data,
        "subjects_digest": card.subjects_digest,
        "subjects": card.subjects,
        "pretrained": card.pretrained,
        "commit": card.commit,
    }


def _source_commit(member: Member) -> dict[str, Any]:
    """Commit of a user's own sources."""
    own = member.source.own if isinstance(member.source, OwnNet) else None
    return {"source": _commit(commit_of(own.root))} if own else {}


def _commit(commit: tuple[str, bool] | None) -> dict[str, Any]:
    name, dirty = commit or (None, None)
    return {"commit": name, "dirty": dirty}


def _document(recipe: Mapping[int, Model]) -> dict[str, list[str]]:
    """List the facts for the two-page document: data sources, pretrained weights, and nets of unknown origin."""
    members = [member for model in recipe.values() for member in model.members if member.weights or member.data]
    return {
        "data_sources": sorted({name for member in members for name in _data_sources(member)}),
        "pretrained_weights": sorted(
            {name for m in members for name in (m.card.pretrained if m.card else m.pretrained)}
        ),
        "unknown": sorted({member.label for member in members if not member.card and not member.data}),
    }


def _data_sources(member: Member) -> list[str]:
    card: Card | None = member.card
    return [str(item["release"]) for item in card.data] if card else list(member.data)
