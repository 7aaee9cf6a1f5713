"""Resolve a recipe: find the nets and weights that a specification names, and check that they fit."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from model_zoo.checkpoint import Checkpoint, find_checkpoint, read_checkpoint
from model_zoo.foreign import is_torchscript
from model_zoo.registry import ARCHITECTURES, Architecture, find_architecture
from model_zoo.wrappers import parse
from submission_builder.base.errors import CheckpointError, RecipeError
from submission_builder.base.input_file import require_file
from submission_builder.freeze.foreign_weights import fit_to, recognise
from submission_builder.freeze.model import Member, Model, Weights
from submission_builder.freeze.net_source import ScriptNet, ZooNet
from submission_builder.freeze.own_net import OwnNet, find_own
from submission_builder.freeze.spec import WEIGHTS_SUFFIXES, ModelSpec, NetSpec, parse_model

if TYPE_CHECKING:
    from collections.abc import Mapping


def resolve(specs: Mapping[int, ModelSpec | str]) -> dict[int, Model]:
    """Resolve the specification of each challenge's model.

    Parameters
    ----------
    specs
        Specifications by challenge; text is parsed by :func:`.spec.parse_model`.

    Raises
    ------
    RecipeError
        If a name, tag, file or value does not exist, or own sources cannot be packed.
    CheckpointError
        If weights do not fit.
    """
    return {
        challenge: _model(parse_model(spec) if isinstance(spec, str) else spec, challenge)
        for challenge, spec in sorted(specs.items())
    }


def _model(spec: ModelSpec, challenge: int) -> Model:
    wrappers = tuple(parse(text) for text in spec.wrap)
    return Model(tuple(_member(net, challenge) for net in spec.nets), spec.shares, wrappers)


def _member(spec: NetSpec, challenge: int) -> Member:
    path = Path(spec.net) if "/" in spec.net else None
    own = None if path and path.is_file() else find_own(spec.net, spec.kwargs)
    if own:
        return _from_own_class(own, spec, challenge)
    return _from_file(path, spec, challenge) if path else _from_zoo(spec, challenge)


def _from_zoo(spec: NetSpec, challenge: int) -> Member:
    """Resolve ``ARCHITECTURE``, ``ARCHITECTURE.TAG`` or ``constant:VALUE``."""
    name, colon, value = spec.net.partition(":")
    name, _, tag = name.partition(".")
    entry = find_architecture(name, challenge)
    if (spec.weights or spec.kwargs) and (tag or entry.value is not None):
        raise RecipeError(
            f"{spec.net} has its own weights and arguments; others go with a class of your own, or with an "
            "ARCHITECTURE without tag"
        )
    if entry.value is not None:
        return Member(ZooNet(entry, {entry.value: _number(entry, value, spec.net)}))
    if colon:
        raise RecipeError(f"{spec.net}: {name} takes no value after a colon; only constant does")
    if spec.weights is not None:
        return _with_weights(ZooNet(entry, {**entry.kwargs, **spec.kwargs}), spec.weights, spec)
    if spec.kwargs:
        raise RecipeError(f"{spec.net}: keyword arguments need weights; shipped weights have arguments of their own")
    tag = tag or entry.shipped_tag or ""
    if not tag:
        raise RecipeError(
            f"{name} has no shipped weights for challenge {challenge}",
            hint=f"train some: subpack train {name} --challenge {challenge} --train DIR",
        )
    return _from_checkpoint(find_checkpoint(name, tag), challenge)


def _from_file(path: Path, spec: NetSpec, challenge: int) -> Member:
    """Resolve a file of weights by its card, as TorchScript, or by the names and shapes of its tensors."""
    require_file(path, "a file of weights", CheckpointError)
    if spec.weights or spec.kwargs:
        raise RecipeError(
            f"{path} is a file of weights, which takes no other weights and no keyword arguments; name its net instead"
        )
    if path.suffix in (".py", ".toml", ".zip"):
        raise RecipeError(
            f"{path} is not a file of weights; {', '.join(WEIGHTS_SUFFIXES)} are usual",
            hint=f"name a class of it: {path}:CLASS" if path.suffix == ".py" else None,
        )
    if path.with_suffix(".json").is_file():
        return _from_checkpoint(read_checkpoint(path), challenge)
    if is_torchscript(path):
        notes = _unknown(path, spec, "TorchScript, packed as it is; ")
        return _with_statements(Member(ScriptNet(path), Weights(path), notes=notes), spec)
    hidden = _hidden_architecture(path)
    try:
        entry, weights, notes = recognise(path, challenge)
    except CheckpointError as error:
        if hidden and error.hint is None:
            error.hint = f"to name the architecture {path.name}, build in another folder or rename the file"
        raise
    notes = (*notes, *hidden, *_unknown(path, spec))
    return _with_statements(Member(ZooNet(entry, dict(entry.kwargs)), weights, notes=notes), spec)


def _hidden_architecture(path: Path) -> tuple[str, ...]:
    """Note that a file has the name of an architecture: the file is used."""
    if all(path.name != entry.name for entry in ARCHITECTURES):
        return ()
    return (f"{path}: the file is used, not the architecture of that name",)


def _from_own_class(net: OwnNet, spec: NetSpec, challenge: int) -> Member:
    notes = tuple(net.own.notes) if net.own else ()
    if spec.weights is not None:
        return _with_weights(net, spec.weights, spec, notes)
    if net.build().state_dict():
        raise RecipeError(
            f"{net.label} has parameters; a file of weights is expected", hint=f"--c{challenge}-weights PATH"
        )
    return _with_statements(Member(net, notes=notes), spec)


def _with_weights(net: ZooNet | OwnNet, path: Path, spec: NetSpec, notes: tuple[str, ...] = ()) -> Member:
    weights, weights_notes = fit_to(path, net.build(), net.label)
    notes = (*notes, *weights_notes, *_unknown(path, spec))
    return _with_statements(Member(net, weights, notes=notes), spec)


def _with_statements(member: Member, spec: NetSpec) -> Member:
    """Add the user's statements on the training of a net without a card, and on its state."""
    return replace(member, data=spec.data, pretrained=spec.pretrained, stateful=spec.stateful)


def _unknown(path: Path, spec: NetSpec, kind: str = "") -> tuple[str, ...]:
    """Note that nothing is known of the training of weights, unless the user states it."""
    return () if spec.data or spec.pretrained else (f"{path.name}: {kind}nothing is known of its training",)


def _from_checkpoint(checkpoint: Checkpoint, challenge: int) -> Member:
    card = checkpoint.card
    if card.challenge != challenge:
        raise RecipeError(
            f"{card.name} was trained for challenge {card.challenge}; weights for challenge {challenge} are expected"
        )
    entry = find_architecture(card.architecture, challenge)
    return Member(ZooNet(entry, {**entry.kwargs, **card.kwargs}), Weights(checkpoint.weights), card)


def _number(entry: Architecture, value: str, net: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RecipeError(f"{net}: {entry.name} takes a finite number after a colon, such as {entry.name}:1.6")
    return number
