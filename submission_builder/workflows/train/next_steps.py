"""What to type next: commands and flags that fit a run."""

from __future__ import annotations

import inspect
import shlex
from typing import TYPE_CHECKING, Any

from model_zoo.figures import key_of, read_figures
from model_zoo.registry import ARCHITECTURES
from submission_builder.diagnostics.advice import NextSteps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from model_zoo.registry import Architecture
    from model_zoo.training.config import RunConfig

_MORE, _MOST = 0.1, 0.7
"""Added to each dropout, up to the most."""


def remedies(row: Architecture, config: RunConfig, packed: Path) -> NextSteps:
    """Make the commands and flags.

    Parameters
    ----------
    row, config
        What was trained, and how.
    packed
        What there is to build: weights, or the ensemble of the folds.
    """
    return NextSteps(
        build=build_command(config.challenge, packed),
        lower_learning_rate=f"--lr {config.lr / 10:g}",
        regularise=_regularise(row, config) if read_figures()[key_of(row)].parameters else (),
    )


def _regularise(row: Architecture, config: RunConfig) -> tuple[str, ...]:
    flags = (more_dropout(row, config.net), smaller_net(row))
    return tuple(flag for flag in flags if flag) or (f"--weight-decay {10 * config.weight_decay or 1e-2:g}",)


def build_command(challenge: int, net: Path | str) -> str:
    """Pack a net or an ensemble, with a constant for the other challenge."""
    path = shlex.quote(str(net))
    choices = {1: f"--c1 {path} --c2 constant:0", 2: f"--c1 constant:1.6 --c2 {path}"}[challenge]
    return f"subpack build {choices}"


def more_dropout(row: Architecture, net: Mapping[str, Any]) -> str | None:
    """Raise each dropout of a net; None where it has none that is known, or no room is left."""
    parameter = inspect.signature(type(row.build(net))).parameters.get("drop_prob")
    present = net.get("drop_prob", parameter.default if parameter else None)
    if not isinstance(present, int | float | list | tuple):
        return None
    before = [present] if isinstance(present, int | float) else list(present)
    after = [max(value, min(round(value + _MORE, 3), _MOST)) for value in before]
    if after == before:
        return None
    value = after[0] if isinstance(present, int | float) else f"[{','.join(map(str, after))}]"
    return f"more dropout (--net {shlex.quote(f'drop_prob={value}')})"


def smaller_net(row: Architecture) -> str | None:
    """Name the largest of our own nets that has at most half the parameters; None where there is none."""
    figures = read_figures()
    limit = figures[key_of(row)].parameters / 2
    ours = {
        figures[key_of(other)].parameters: other.name
        for other in ARCHITECTURES
        if other.challenge == row.challenge and other.module == other.name and other.value is None
    }
    fitting = [size for size in ours if size <= limit]
    return f"a smaller net (subpack train {ours[max(fitting)]})" if fitting else None
