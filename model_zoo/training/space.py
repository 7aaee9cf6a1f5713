"""What a search may change of a config: the table ``[tune]`` of its TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model_zoo.training.config import RunConfig, TrainConfig, error_line, run_config
from submission_builder.base.errors import ConfigError, did_you_mean

_FIXED = {"seed", "val_share", "precision", "device", "devices", "nodes", "workers"}
"""Fields that a search leaves alone: they say who is scored, or where it trains."""

SEARCHED = tuple(name for name in TrainConfig.model_fields if name not in _FIXED)
"""Fields that a search may change, beside arguments of the net."""


class Between(BaseModel):
    """Any number from low to high, both included; whole numbers where both are and the field takes no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low >= self.high or (self.log and self.low <= 0):
            raise ValueError("low should be below high, and above 0 where log is true")
        return self

    @property
    def ends(self) -> tuple[int | float, ...]:
        """Values that have to be allowed for all to be."""
        return self.low, self.high


class OneOf(BaseModel):
    """One of some values."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    choices: tuple[bool | int | float | str, ...] = Field(min_length=2)

    @property
    def ends(self) -> tuple[bool | int | float | str, ...]:
        """Values that have to be allowed for all to be."""
        return self.choices


Space = Mapping[str, Between | OneOf]
"""By name of the field; an argument of the net is ``net.NAME``."""


def read_space(content: object, settings: Mapping[str, Any], where: str) -> Space:
    """Read ``[tune]``.

    Parameters
    ----------
    content
        The table: for each field ``{low, high, log}`` or ``{choices}``; in ``net`` the same for arguments of the net.
    settings
        The rest of the config, which every end of the space has to go with.
    where
        What an error calls the source.

    Raises
    ------
    ConfigError
        If there is nothing to search, a field cannot be searched, or it does not take an end.
    """
    if not isinstance(content, dict) or not content:
        raise ConfigError(
            f"{where} says nothing to search; a table [tune] should, such as "
            "lr = {low = 1e-4, high = 1e-2, log = true}"
        )
    net = content.get("net", {})
    if not isinstance(net, dict):
        raise ConfigError(f"{where}, [tune]: net is {net!r}; a table [tune.net] of the net's arguments is expected")
    flat = {key: value for key, value in content.items() if key != "net"} | {f"net.{key}": net[key] for key in net}
    space = {key: _entry(key, value, where) for key, value in flat.items()}
    for key, entry in space.items():
        for end in entry.ends:
            run_config(with_values(settings, {key: end}), f"{where}, [tune] with {key} = {end!r},")
    return space


def with_values(settings: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Put values of a space in their places."""
    net = {key.removeprefix("net."): value for key, value in values.items() if key.startswith("net.")}
    own = {key: value for key, value in values.items() if not key.startswith("net.")}
    return {**settings, **own, "net": {**settings.get("net", {}), **net}}


def is_whole(key: str, between: Between) -> bool:
    """Whether a range holds whole numbers alone."""
    field = RunConfig.model_fields.get(key)
    return isinstance(between.low, int) and isinstance(between.high, int) and (not field or field.annotation is int)


def _entry(key: str, value: object, where: str) -> Between | OneOf:
    if key not in SEARCHED and not key.startswith("net."):
        raise ConfigError(
            f"{where}, [tune]: {key} is not searched; {', '.join(SEARCHED)} and arguments of the net can be",
            hint=did_you_mean(key, SEARCHED),
        )
    expected = f"{where}, [tune]: {key} is {value!r}; a table of low and high, or of 2 choices or more, is expected"
    if not isinstance(value, dict):
        raise ConfigError(expected)
    kind = OneOf if "choices" in value else Between
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        lines = {fault["loc"][:1]: error_line({**fault, "loc": fault["loc"][:1]}) for fault in error.errors()}
        raise ConfigError("\n  ".join([expected, *sorted(lines.values())])) from error
