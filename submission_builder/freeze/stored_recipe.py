"""A recipe that can be resolved again later and from any folder, and the user's files that it reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.digests import sha256_of
from submission_builder.freeze.spec import OWN_CLASS, ModelSpec, NetSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from submission_builder.freeze.model import Member, Model

_OURS = Path(__file__).parents[2]
"""Folder that holds our packages; their files are not the user's."""
_PACKAGES = ("submission_builder", "model_zoo", "weights", "templates")


@dataclass(frozen=True)
class StoredRecipe:
    """Specifications of the models, and the precision of the weights."""

    models: Mapping[int, ModelSpec]
    half: bool


def to_json(models: Mapping[int, ModelSpec], *, half: bool) -> dict[str, Any]:
    """Return a recipe in a form that JSON can hold; its paths are absolute."""
    return {"challenges": {str(number): _model(model) for number, model in models.items()}, "half": half}


def from_json(content: Mapping[str, Any]) -> StoredRecipe:
    """Return the recipe that :func:`to_json` wrote."""
    models = {
        int(number): ModelSpec(
            tuple(_net_spec(net) for net in model["nets"]), tuple(model["shares"]), tuple(model["wrap"])
        )
        for number, model in content["challenges"].items()
    }
    return StoredRecipe(models, content["half"])


def input_digests(recipe: Mapping[int, Model]) -> dict[str, str]:
    """Return the SHA-256 of the user's files that a recipe reads, by absolute path: weights, cards and own sources."""
    paths = {path.absolute() for model in recipe.values() for member in model.members for path in _files(member)}
    ours = [_OURS / package for package in _PACKAGES]
    return {str(path): sha256_of(path) for path in sorted(paths) if not any(map(path.is_relative_to, ours))}


def _files(member: Member) -> Iterator[Path]:
    if member.weights:
        yield member.weights.path
        if member.card:
            yield member.weights.path.with_suffix(".json")
    yield from member.source.cargo().values()


def _model(model: ModelSpec) -> dict[str, Any]:
    return {"nets": [_net(net) for net in model.nets], "shares": list(model.shares), "wrap": list(model.wrap)}


def _net(net: NetSpec) -> dict[str, Any]:
    place = net.net.rpartition(":")[0] if OWN_CLASS.fullmatch(net.net) else net.net
    return {
        "net": str(Path(net.net).absolute()) if "/" in place else net.net,
        "weights": str(net.weights.absolute()) if net.weights else None,
        "kwargs": dict(net.kwargs),
        "stateful": net.stateful,
        "data": list(net.data),
        "pretrained": list(net.pretrained),
    }


def _net_spec(content: Mapping[str, Any]) -> NetSpec:
    weights = content["weights"]
    texts = {key: tuple(content[key]) for key in ("data", "pretrained")}
    return NetSpec(
        content["net"], Path(weights) if weights else None, content["kwargs"], stateful=content["stateful"], **texts
    )
