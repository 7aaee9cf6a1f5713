"""The search space of ``subpack tune``: the table ``[tune]`` of a config's TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model_zoo.training.config import RunConfig, TrainConfig, error_line, run_config
from submission_builder.base.errors import ConfigError, did_you_mean

_FIXED = {"seed", "val_share", "precision", "device", "devices", "nodes", "workers"}
"""Fields that cannot be searched: they set the split, the random seed or the hardware."""

SEARCHED = tuple(name for name in TrainConfig.model_fields if name not in _FIXED)
"""Fields that can be searched, besides the keyword arguments of the net."""


class Between(BaseModel):
    """A range of numbers from `low` to `high`, both included; `log` samples it on a log scale. See :func:`is_whole`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low >= self.high or (self.log and self.low <= 0):
            raise ValueError("low must be less than high, and greater than 0 if log is true")
        return self

    @property
    def ends(self) -> tuple[int | float, ...]:
        """The extreme values; the space is valid if these are."""
        return self.low, self.high


class OneOf(BaseModel):
    """A list of values to choose from."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    choices: tuple[bool | int | float | str, ...] = Field(min_length=2)

    @property
    def ends(self) -> tuple[bool | int | float | str, ...]:
        """The extreme values; the space is valid if these are."""
        return self.choices


Space = Mapping[str, Between | OneOf]
"""Range or choices by field; the key of a keyword argument of the net is ``net.NAME``."""


def read_space(content: object, settings: Mapping[str, Any], where: str) -> Space:
    """Validate the table ``[tune]`` and return it as a search space.

    Parameters
    ----------
    content
        The table: ``{low, high, log}`` or ``{choices}`` for each field; its table ``net`` has keyword arguments.
    settings
        The rest of the config. It must be valid with every extreme value of the space.
    where
        Name of the source, for the error message.

    Raises
    ------
    ConfigError
        If the table is missing or empty, a field cannot be searched, or an extreme value is invalid.
    """
    if not isinstance(content, dict) or not content:
        raise ConfigError(
            f"{where} has no search space; expected a table [tune] with entries such as "
            "lr = {low = 1e-4, high = 1e-2, log = true}"
        )
    net = content.get("net", {})
    if not isinstance(net, dict):
        raise ConfigError(
            f"{where}, [tune]: net is {net!r}; expected a table [tune.net] of keyword arguments of the net"
        )
    flat = {key: value for key, value in content.items() if key != "net"} | {f"net.{key}": net[key] for key in net}
    space = {key: _entry(key, value, where) for key, value in flat.items()}
    for key, entry in space.items():
        for end in entry.ends:
            run_config(with_values(settings, {key: end}), f"{where}, [tune] with {key} = {end!r},")
    return space


def with_values(settings: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings updated with values of a search space."""
    net = {key.removeprefix("net."): value for key, value in values.items() if key.startswith("net.")}
    own = {key: value for key, value in values.items() if not key.startswith("net.")}
    return {**settings, **own, "net": {**settings.get("net", {}), **net}}


def is_whole(key: str, between: Between) -> bool:
    """Whether a range contains integers only: both ends are integers, and the field, if known, is of type int."""
    field = RunConfig.model_fields.get(key)
    return isinstance(between.low, int) and isinstance(between.high, int) and (not field or field.annotation is int)


def _entry(key: str, value: object, where: str) -> Between | OneOf:
    if key not in SEARCHED and not key.startswith("net."):
        raise ConfigError(
            f"{where}, [tune]: {key} cannot be searched; expected one of {', '.join(SEARCHED)}, or net.NAME",
            hint=did_you_mean(key, SEARCHED),
        )
    expected = f"{where}, [tune]: {key} is {value!r}; expected a table of low and high, or of at least 2 choices"
    if not isinstance(value, dict):
        raise ConfigError(expected)
    kind = OneOf if "choices" in value else Between
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        lines = {one["loc"][:1]: error_line({**one, "loc": one["loc"][:1]}) for one in error.errors()}
        raise ConfigError("\n  ".join([expected, *sorted(lines.values())])) from error
