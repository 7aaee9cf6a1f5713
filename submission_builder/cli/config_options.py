"""Options that are made from the fields of a config, so that file, command line and card have the same settings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import click

from submission_builder.cli.numbers import FiniteRange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from click.types import OptionHelpExtra
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

_FOLDER = click.Path(path_type=Path, file_okay=False)


class _ConfigOption(click.Option):
    """An option that is None unless it is given, so that the config's value is used; its help shows a default."""

    shown_default: str | None = None

    def get_help_extra(self, ctx: click.Context) -> OptionHelpExtra:
        """Return what the help shows in brackets."""
        extra = super().get_help_extra(ctx)
        return {**extra, "default": self.shown_default} if self.shown_default else extra


def options(model: type[BaseModel], skipped: Sequence[str]) -> list[click.Parameter]:
    """Make an option from each field: first the fields of the class itself, then the inherited ones."""
    fields = model.model_fields
    names = sorted(fields, key=lambda name: name not in model.__annotations__)  # a stable sort
    return [_option(name, fields[name]) for name in names if name not in skipped]


def _option(name: str, field: FieldInfo) -> click.Option:
    flag = f"--{name.replace('_', '-')}"
    several = get_origin(field.annotation) is tuple
    option = _ConfigOption([flag], type=_kind(field), multiple=several, default=None, help=field.description)
    option.shown_default = None if field.is_required() or field.default in (None, ()) else str(field.default)
    return option


def _kind(field: FieldInfo) -> click.ParamType[Any]:
    """Return click's type of a field."""
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
    """Return a range with the bounds of the field."""
    ends = {
        name: value
        for part in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if (value := getattr(part, name, None)) is not None
    }
    low, high = ends.get("ge", ends.get("gt")), ends.get("le", ends.get("lt"))
    return kind(min=low, max=high, min_open="gt" in ends, max_open="lt" in ends)


def net_arguments(pairs: Sequence[str]) -> dict[str, Any]:
    """Parse ``KEY=VALUE`` pairs, whose values are TOML."""
    try:
        return tomllib.loads("\n".join(pairs))
    except ValueError as error:
        raise click.BadParameter(
            f"{' '.join(pairs)} is not KEY=VALUE with a TOML value: {error}", param_hint="--net"
        ) from error


def spread(
    args: Sequence[str], several: Sequence[str], is_argument: Callable[[str], bool] = lambda _: False
) -> list[str]:
    """Repeat an option for each of its values: ``--train R1 R2`` becomes ``--train R1 --train R2``.

    Parameters
    ----------
    args
        The words after the command.
    several
        The options that take several values.
    is_argument
        Whether a word after the first value is an argument of the command, and no further value of the option.
    """
    repeated: list[str] = []
    option: str | None = None
    for i, arg in enumerate(args):
        if arg.startswith("-") or (args[i - 1 : i] != [option] and is_argument(arg)):
            option = arg if arg in several else None
            repeated.append(arg)
        else:
            repeated += [option, arg] if option and args[i - 1] != option else [arg]
    return repeated
