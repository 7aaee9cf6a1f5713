"""A recipe's file: in TOML, everything that the flags of ``subpack build`` say, and what they cannot."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.errors import RecipeError, did_you_mean
from submission_builder.freeze.choices import Choice, Wanted, read_choice, shared, with_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PART = ".toml"
"""How the file of one challenge's part of a recipe ends."""

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
    """What a recipe's file says.

    Attributes
    ----------
    wanted
        By number of the challenge.
    output
        Where the zip goes; None where it does not say.
    half
        Whether weights are stored in half precision.
    """

    wanted: dict[int, Wanted]
    output: Path | None
    half: bool


def read_recipe(path: Path) -> RecipeFile:
    """Read a recipe's file; paths in it start from its folder.

    Raises
    ------
    RecipeError
        If it cannot be read, or says what no recipe says.
    """
    content = _toml(path)
    _require(content, _TOP, str(path))
    missing = [key for key in ("c1", "c2") if key not in content]
    if missing:
        raise RecipeError(f"{path} does not say {missing[0]}; the server asks for both challenges")
    wanted = {n: _Reader(path.parent, f"{path}, c{n}").challenge(content[f"c{n}"]) for n in (1, 2)}
    output = path.parent / content["output"] if "output" in content else None
    return RecipeFile(wanted, output, content.get("half", False))


def read_part(path: Path) -> Wanted:
    """Read a file that says one challenge's part of a recipe; paths in it start from its folder.

    Raises
    ------
    RecipeError
        If it cannot be read, or says what no part says.
    """
    return _Reader(path.parent, str(path)).challenge(_toml(path))


def read_wanted(text: str, weights: Sequence[Path] = (), wrap: Sequence[str] = ()) -> Wanted:
    """Read what stands behind ``--c1``: the path of a part's file, or what :func:`read_choice` takes.

    Raises
    ------
    RecipeError
        If it cannot be read.
    """
    if not text.endswith(PART):
        return read_choice(text, weights, wrap)
    if weights:
        raise RecipeError(f"{text} names its weights; no others are given beside it")
    part = read_part(Path(text))
    return replace(part, wrap=(*part.wrap, *wrap))


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RecipeError(f"{path} is no TOML: {error}") from error


@dataclass(frozen=True)
class _Reader:
    """Reads one challenge's part.

    Attributes
    ----------
    folder
        Where paths start from.
    where
        The part, for messages.
    """

    folder: Path
    where: str

    def challenge(self, said: str | dict[str, Any]) -> Wanted:
        """Read text as behind ``--c1``, one net, or a list of members."""
        if isinstance(said, str) and said.endswith(PART):
            return read_part(self.folder / said)
        if isinstance(said, str):
            said = {"net": said}
        _require(said, _CHALLENGE, self.where)
        if ("net" in said) == ("members" in said):
            raise RecipeError(f"{self.where} takes either net or members")
        wrap = tuple(_texts(said.get("wrap", []), f"{self.where}.wrap"))
        if "net" in said:
            choices, shares = self.net(said, self.where)
            return Wanted(choices, shares, wrap)
        return self.members(said, wrap)

    def members(self, said: dict[str, Any], wrap: tuple[str, ...]) -> Wanted:
        """Read a list of members, each a table with a net and, in all or none, its share."""
        beside = said.keys() & _NET.keys()
        if beside:
            raise RecipeError(f"{self.where} has members; {min(beside)} belongs to one of them")
        choices: list[Choice] = []
        shares: list[float | None] = []
        for i, member in enumerate(said["members"], start=1):
            where = f"{self.where}, member {i}"
            if not isinstance(member, dict):
                raise RecipeError(f"{where} is no table; one with net is expected")
            _require(member, _MEMBER, where)
            if "net" not in member:
                raise RecipeError(f"{where} has no net")
            these, _ = self.net(member, where)
            share = member.get("share")
            choices += these
            shares += [None if share is None else float(share) / len(these)] * len(these)
        if not choices:
            raise RecipeError(f"{self.where} has no members; at least one is expected")
        return Wanted(tuple(choices), shared(shares, len(choices), self.where), wrap)

    def net(self, said: dict[str, Any], where: str) -> tuple[tuple[Choice, ...], tuple[float, ...]]:
        """Read one net, or with several files of weights as many; a sum is read as behind ``--c1``."""
        weights = [self.folder / text for text in _texts(said.get("weights", []), f"{where}.weights")]
        wanted = read_choice(said["net"], folder=self.folder)
        if len(wanted.choices) > 1 and said.keys() - {"net", "wrap"}:
            raise RecipeError(f"{where} is a sum; what belongs to one net is said in members")
        about = {
            "kwargs": said.get("kwargs", {}),
            "stateful": said.get("stateful", False),
            "data": tuple(_texts(said.get("data", []), f"{where}.data")),
            "pretrained": tuple(_texts(said.get("pretrained", []), f"{where}.pretrained")),
        }
        if len(wanted.choices) > 1:
            return wanted.choices, wanted.shares
        choices = with_weights([replace(wanted.choices[0], **about)], weights)
        return choices, shared([None] * len(choices), len(choices), where)


def _require(said: dict[str, Any], known: dict[str, Any], where: str) -> None:
    for key, value in said.items():
        if key not in known:
            raise RecipeError(
                f"{where} says {key}, which no recipe says; it may say {', '.join(sorted(known))}",
                hint=did_you_mean(key, known),
            )
        kinds = known[key] if isinstance(known[key], tuple) else (known[key],)
        if type(value) not in kinds:
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise RecipeError(f"{where}: {key} is {value!r}; {expected} is expected")


def _texts(said: str | list[Any], where: str) -> Iterable[str]:
    texts = [said] if isinstance(said, str) else said
    for text in texts:
        if not isinstance(text, str):
            raise RecipeError(f"{where} holds {text!r}; text is expected")
    return texts
