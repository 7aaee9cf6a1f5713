"""The manifest: what ``submission.py`` builds, the digest of every entry, and what the weights rest on."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from submission_builder.base.checkout import commit_of, our_commit
from submission_builder.freeze.own_net import OwnNet
from submission_builder.protocol.golden import GOLDEN_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_zoo.card import Card
    from submission_builder.freeze.member import Blend, Member, Weights
    from submission_builder.freeze.zip_writer import ZipEntry

SCHEMA = 2
_VERSIONS = ("subpack", "torch", "braindecode", "numpy")


def manifest(
    recipe: Mapping[int, Blend],
    names: Mapping[Weights, str],
    entries: Mapping[str, ZipEntry],
    golden: Mapping[int, Sequence[float]],
    *,
    half: bool,
) -> bytes:
    """Write the manifest.

    Parameters
    ----------
    recipe
        What predictions each challenge.
    names
        Names of the weights in the zip.
    entries
        Every entry but this one.
    golden
        Predictions to the golden question.
    half
        Whether weights are stored in half precision.
    """
    content = {
        "schema": SCHEMA,
        "challenges": {str(number): _challenge(blend, names) for number, blend in recipe.items()},
        "files": {name: {"sha256": one.sha256, "size": one.size} for name, one in sorted(entries.items())},
        "golden": {
            "question": GOLDEN_NAME,
            "predictions": {str(number): predictions for number, predictions in golden.items()},
        },
        "document": _document(recipe),
        "precision": "half" if half else "as trained",
        "built_with": {"python": platform.python_version(), **{name: version(name) for name in _VERSIONS}}
        | _described(our_commit()),
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _challenge(blend: Blend, names: Mapping[Weights, str]) -> dict[str, Any]:
    return {
        "members": [
            member.net.describe()
            | {"weights": names[member.weights] if member.weights else None, "trained": _trained(member)}
            | _source_commit(member)
            for member in blend.members
        ],
        "weights": blend.weights,
        "wrappers": [
            {"module": row.module, "class": row.class_name, "kwargs": kwargs} for row, kwargs in blend.wrappers
        ],
        "stateful": blend.stateful,
    }


def _trained(member: Member) -> dict[str, Any] | None:
    """Say what the weights rest on, as far as it is known; None where there is nothing to train."""
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
    own = member.net.own if isinstance(member.net, OwnNet) else None
    return {"source": _described(commit_of(own.root))} if own else {}


def _described(commit: tuple[str, bool] | None) -> dict[str, Any]:
    named, dirty = commit or (None, None)
    return {"commit": named, "dirty": dirty}


def _document(recipe: Mapping[int, Blend]) -> dict[str, list[str]]:
    """List what the two-page document has to name: data sources and pre-trained weights, and what is not known."""
    members = [member for blend in recipe.values() for member in blend.members if member.weights or member.data]
    return {
        "data_sources": sorted({name for member in members for name in _sources(member)}),
        "pretrained_weights": sorted(
            {name for m in members for name in (m.card.pretrained if m.card else m.pretrained)}
        ),
        "unknown": sorted({member.label for member in members if not member.card and not member.data}),
    }


def _sources(member: Member) -> list[str]:
    card: Card | None = member.card
    return [str(item["release"]) for item in card.data] if card else list(member.data)
