"""The recipe: which nets prediction each challenge, found and held against what they are said to be."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from model_zoo.checkpoint import Checkpoint, find_checkpoint, read_checkpoint
from model_zoo.foreign import is_torchscript
from model_zoo.registry import Architecture, find_architecture
from model_zoo.wrappers import parse
from submission_builder.base.errors import RecipeError
from submission_builder.freeze.choices import SUFFIXES, Choice, Wanted, read_choice
from submission_builder.freeze.foreign_weights import fit_to, recognise
from submission_builder.freeze.member import Blend, Member, Script, Weights, ZooNet
from submission_builder.freeze.own_net import OwnNet, find_own

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING_KNOWN = "nothing is known of its training"


def resolve(wanted: Mapping[int, Wanted | str]) -> dict[int, Blend]:
    """Find what each challenge's choice names.

    Parameters
    ----------
    wanted
        By number of the challenge; text as :func:`read_choice` takes it.

    Raises
    ------
    RecipeError
        If a name, tag, file or value is not there, or own sources cannot travel.
    CheckpointError
        If weights do not fit.
    """
    return {
        challenge: _blend(read_choice(one) if isinstance(one, str) else one, challenge)
        for challenge, one in sorted(wanted.items())
    }


def _blend(wanted: Wanted, challenge: int) -> Blend:
    wrappers = tuple(parse(text) for text in wanted.wrap)
    return Blend(tuple(_member(choice, challenge) for choice in wanted.choices), wanted.shares, wrappers)


def _member(choice: Choice, challenge: int) -> Member:
    own = find_own(choice.net, choice.kwargs)
    if own is not None:
        return _own(own, choice, challenge)
    if choice.net.endswith(SUFFIXES):
        return _file(Path(choice.net), choice, challenge)
    if "/" in choice.net:
        raise RecipeError(f"{choice.net} is no path of weights; they end in {', '.join(SUFFIXES)}")
    name, colon, value = choice.net.partition(":")
    name, _, tag = name.partition(".")
    row = find_architecture(name, challenge)
    if (choice.weights or choice.kwargs) and (tag or row.value is not None):
        raise RecipeError(
            f"{choice.net} is fixed; weights and keyword arguments go with a net of your own, or with ARCH"
        )
    if row.value is not None:
        return Member(ZooNet(row, {row.value: _number(row, value, choice.net)}))
    if colon:
        raise RecipeError(f"{choice.net}: {name} takes no value behind a colon; constant does")
    if choice.weights is not None:
        return _foreign(ZooNet(row, {**row.kwargs, **choice.kwargs}), choice.weights, choice)
    if choice.kwargs:
        raise RecipeError(f"{choice.net}: keyword arguments go with weights of your own; a card has its own")
    tag = tag or row.shipped_tag or ""
    if not tag:
        raise RecipeError(
            f"{name} has no shipped weights for challenge {challenge}",
            hint=f"train some: subpack train {name} --challenge {challenge} --data DIR",
        )
    return _trained(find_checkpoint(name, tag), challenge)


def _file(path: Path, choice: Choice, challenge: int) -> Member:
    """Take a file of weights for what its card says, for TorchScript, or for the architecture that it fits."""
    if choice.weights or choice.kwargs:
        raise RecipeError(f"{path} is weights, which take no others and no keyword arguments; name the net they are of")
    if path.with_suffix(".json").is_file():
        return _trained(read_checkpoint(path), challenge)
    if is_torchscript(path):
        note = f"{path.name}: TorchScript, which travels as it is; {_NOTHING_KNOWN}"
        return _said(Member(Script(path), Weights(path), notes=(note,)), choice)
    row, weights, notes = recognise(path, challenge)
    return _said(
        Member(ZooNet(row, dict(row.kwargs)), weights, notes=(*notes, f"{path.name}: {_NOTHING_KNOWN}")), choice
    )


def _own(net: OwnNet, choice: Choice, challenge: int) -> Member:
    notes = tuple(net.own.notes) if net.own else ()
    if choice.weights is not None:
        return _foreign(net, choice.weights, choice, notes)
    if net.build().state_dict():
        raise RecipeError(
            f"{net.label} has parameters, and no weights are given for it", hint=f"--c{challenge}-weights PATH"
        )
    return _said(Member(net, notes=notes), choice)


def _foreign(net: ZooNet | OwnNet, path: Path, choice: Choice, notes: tuple[str, ...] = ()) -> Member:
    weights, said = fit_to(path, net.build(), net.label)
    return _said(Member(net, weights, notes=(*notes, *said, f"{path.name}: {_NOTHING_KNOWN}")), choice)


def _said(member: Member, choice: Choice) -> Member:
    """Add what the user says of a net that no card speaks of."""
    notes = member.notes
    if choice.data or choice.pretrained:
        notes = tuple(note for note in notes if not note.endswith(_NOTHING_KNOWN))
    return Member(
        member.net,
        member.weights,
        data=choice.data,
        pretrained=choice.pretrained,
        stateful=choice.stateful,
        notes=notes,
    )


def _trained(checkpoint: Checkpoint, challenge: int) -> Member:
    card = checkpoint.card
    if card.challenge != challenge:
        raise RecipeError(
            f"{card.name} was trained for challenge {card.challenge}, the recipe asks it for challenge {challenge}"
        )
    row = find_architecture(card.architecture, challenge)
    return Member(ZooNet(row, {**row.kwargs, **card.kwargs}), Weights(checkpoint.weights), card)


def _number(row: Architecture, value: str, choice: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RecipeError(f"{choice}: {row.name} takes a finite number behind a colon, such as {row.name}:1.6")
    return number
