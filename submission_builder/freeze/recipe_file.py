"""Recipe files: TOML with everything that the flags of ``subpack build`` state, and more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import RecipeError, did_you_mean
from submission_builder.base.input_file import read_utf8, require_file
from submission_builder.base.json_text import UndecodableError
from submission_builder.base.toml_text import decode_toml
from submission_builder.freeze.spec import ModelSpec, NetSpec, assign_weights, complete_shares, parse_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PART = ".toml"
"""Suffix of a file that states one challenge's part of a recipe."""

_TOP = {"c1": (str, dict), "c2": (str, dict), "output": str, "half": bool}
_NET = {
    "net": str,
    "weights": (str, list),
    "kwargs": dict,
    "stateful": bool,
    "data": list,
    "pretrained": list,
}
_CHALLENGE = {**_NET, "wrap": list, "members": list}
_MEMBER = {**_NET, "share": (int, float)}


@dataclass(frozen=True)
class RecipeFile:
    """Content of a recipe file."""

    models: dict[int, ModelSpec]
    """Specification of the model, by challenge."""
    output: Path | None
    """The zip to write; None if the file does not state it."""
    half: bool
    """Store weights in half precision."""


def read_recipe(path: Path) -> RecipeFile:
    """Read a recipe file; relative paths in it start from its folder.

    Raises
    ------
    RecipeError
        If it cannot be read, or has an unknown key or a value of a wrong type.
    """
    content = _toml(path)
    _require(content, _TOP, str(path))
    missing = [key for key in ("c1", "c2") if key not in content]
    if missing:
        raise RecipeError(f"{path} has no key {missing[0]}; the server expects a model for both challenges")
    models = {n: _Reader(path.parent, f"{path}, c{n}").challenge(content[f"c{n}"]) for n in (1, 2)}
    output = path.parent / content["output"] if "output" in content else None
    return RecipeFile(models, output, content.get("half", False))


def read_part(path: Path) -> ModelSpec:
    """Read a file that states one challenge's part of a recipe; relative paths in it start from its folder.

    Raises
    ------
    RecipeError
        If it cannot be read, or has an unknown key or a value of a wrong type.
    """
    return _Reader(path.parent, str(path)).challenge(_toml(path))


def read_model(text: str, weights: Sequence[Path] = (), wrap: Sequence[str] = ()) -> ModelSpec:
    """Read the value of ``--c1``: the path of a part's file, or anything that :func:`.spec.parse_model` takes.

    Raises
    ------
    RecipeError
        If it cannot be read.
    """
    if not text.endswith(PART):
        return parse_model(text, weights, wrap)
    if weights:
        raise RecipeError(f"{text} states its weights; no other weights are expected")
    part = read_part(Path(text))
    return replace(part, wrap=(*part.wrap, *wrap))


def _toml(path: Path) -> dict[str, Any]:
    require_file(path, "a recipe in TOML", RecipeError)
    content = read_utf8(path, RecipeError)
    try:
        return decode_toml(content)
    except UndecodableError as error:
        raise RecipeError(f"{path} is not valid TOML: {error}") from error


@dataclass(frozen=True)
class _Reader:
    """Reads one challenge's part."""

    folder: Path
    """Folder that relative paths start from."""
    where: str
    """Name of the part in messages."""

    def challenge(self, part: str | dict[str, Any]) -> ModelSpec:
        """Read text as the value of ``--c1``, one net, or a list of members."""
        if isinstance(part, str) and part.endswith(PART):
            return read_part(self.folder / part)
        if isinstance(part, str):
            part = {"net": part}
        _require(part, _CHALLENGE, self.where)
        if ("net" in part) == ("members" in part):
            raise RecipeError(f"{self.where}: either net or members is expected")
        wrap = tuple(_texts(part.get("wrap", []), f"{self.where}.wrap"))
        if "net" in part:
            nets, shares = self.net(part, self.where)
            return ModelSpec(nets, shares, wrap)
        return self.members(part, wrap)

    def members(self, part: dict[str, Any], wrap: tuple[str, ...]) -> ModelSpec:
        """Read a list of members: tables with a net and, in all or none of them, its share."""
        beside = part.keys() & _NET.keys()
        if beside:
            raise RecipeError(f"{self.where} has members; {min(beside)} is expected in one of them")
        nets: list[NetSpec] = []
        shares: list[float | None] = []
        for i, member in enumerate(part["members"], start=1):
            where = f"{self.where}, member {i}"
            if not isinstance(member, dict):
                raise RecipeError(f"{where} is {member!r}; a table with net is expected")
            _require(member, _MEMBER, where)
            if "net" not in member:
                raise RecipeError(f"{where} has no net")
            new, _ = self.net(member, where)
            share = member.get("share")
            nets += new
            shares += [None if share is None else float(share) / len(new)] * len(new)
        if not nets:
            raise RecipeError(f"{self.where} has no members; at least one is expected")
        return ModelSpec(tuple(nets), complete_shares(shares, len(nets), self.where), wrap)

    def net(self, table: dict[str, Any], where: str) -> tuple[tuple[NetSpec, ...], tuple[float, ...]]:
        """Read one net; several files of weights make several nets. A sum is parsed as in ``--c1``."""
        weights = [self.folder / text for text in _texts(table.get("weights", []), f"{where}.weights")]
        model = parse_model(table["net"], folder=self.folder)
        if len(model.nets) > 1:
            if table.keys() - {"net", "wrap"}:
                raise RecipeError(f"{where} is a sum; properties of one net are expected in members")
            return model.nets, model.shares
        net = replace(
            model.nets[0],
            kwargs=table.get("kwargs", {}),
            stateful=table.get("stateful", False),
            data=tuple(_texts(table.get("data", []), f"{where}.data")),
            pretrained=tuple(_texts(table.get("pretrained", []), f"{where}.pretrained")),
        )
        nets = assign_weights([net], weights)
        return nets, complete_shares([None] * len(nets), len(nets), where)


def _require(table: dict[str, Any], known: dict[str, Any], where: str) -> None:
    for key, value in table.items():
        if key not in known:
            raise RecipeError(
                f"{where} has the unknown key {key}; {', '.join(sorted(known))} are known",
                hint=did_you_mean(key, known),
            )
        kinds = known[key] if isinstance(known[key], tuple) else (known[key],)
        if type(value) not in kinds:
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise RecipeError(f"{where}: {key} is {value!r}; {expected} is expected")


def _texts(value: str | list[Any], where: str) -> Iterable[str]:
    texts = [value] if isinstance(value, str) else value
    for text in texts:
        if not isinstance(text, str):
            raise RecipeError(f"{where} holds {text!r}; text is expected")
    return texts
