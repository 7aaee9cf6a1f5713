"""Flags made of the fields of a config, so that file, flags and card cannot come apart."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import click

from submission_builder.cli.numbers import FiniteRange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

_FOLDER = click.Path(path_type=Path, file_okay=False)


def options(model: type[BaseModel], skipped: Sequence[str]) -> list[click.Parameter]:
    """Make an option of each field; one that is not given has no value, so that the file's holds."""
    return [_option(name, field) for name, field in model.model_fields.items() if name not in skipped]


def _option(name: str, field: FieldInfo) -> click.Option:
    flag = f"--{name.replace('_', '-')}"
    shown = str(field.default) if field.default not in (None, ()) and not field.is_required() else False
    kind = _kind(field)
    several = get_origin(field.annotation) is tuple
    return click.Option([flag], type=kind, multiple=several, default=None, show_default=shown, help=field.description)


def _kind(field: FieldInfo) -> click.ParamType[Any]:
    """Choose click's type for a field."""
    annotation: Any = field.annotation
    if get_origin(annotation) is UnionType:
        annotation = next(part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is Literal:
        return click.Choice(get_args(annotation))
    if annotation is Path or get_origin(annotation) is tuple:
        return _FOLDER
    if annotation in (int, float):
        return _range(field, click.IntRange if annotation is int else FiniteRange)
    return click.STRING


def _range(field: FieldInfo, kind: type[click.IntRange | click.FloatRange]) -> click.ParamType[Any]:
    """Take over the field's ends."""
    ends = {
        name: value
        for part in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if (value := _end(part, name)) is not None
    }
    low, high = ends.get("ge", ends.get("gt")), ends.get("le", ends.get("lt"))
    return kind(min=low, max=high, min_open="gt" in ends, max_open="lt" in ends)


def _end(part: Any, name: str) -> Any:
    return getattr(part, name, None)


def net_arguments(pairs: Sequence[str]) -> dict[str, Any]:
    """Read ``KEY=VALUE`` pairs, each value as TOML writes it."""
    try:
        return tomllib.loads("\n".join(pairs))
    except ValueError as error:
        raise click.BadParameter(
            f"{' '.join(pairs)} is not KEY=VALUE with a value as TOML writes it: {error}", param_hint="--net"
        ) from error


def spread(args: Sequence[str], several: Sequence[str]) -> list[str]:
    """Let an option that may be given again take all that follows: ``--train R1 R2`` is ``--train R1 --train R2``."""
    out: list[str] = []
    taking: str | None = None
    for i, arg in enumerate(args):
        if arg.startswith("-"):
            taking = arg if arg in several else None
            out.append(arg)
        else:
            out += [taking, arg] if taking and args[i - 1] != taking else [arg]
    return out
