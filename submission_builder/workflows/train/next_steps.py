"""Commands and flags that suit a run: how to build it, or how to train it better."""

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
    from submission_builder.workflows.train.run_spec import RunSpec

_DROPOUT_STEP, _MAX_DROPOUT = 0.1, 0.7


def next_steps(spec: RunSpec, packed: Path) -> NextSteps:
    """Make the commands and flags.

    Parameters
    ----------
    spec
        The run.
    packed
        What can be built: the weights, or the ensemble of the folds.
    """
    config, trained = spec.config, read_figures()[key_of(spec.architecture)].parameters
    return NextSteps(
        build=build_command(config.challenge, packed),
        lower_learning_rate=f"--lr {config.lr / 10:g}",
        regularise=_regularise(spec) if trained else (),
    )


def _regularise(spec: RunSpec) -> tuple[str, ...]:
    flags = (more_dropout(spec.architecture, spec.config.net), smaller_net(spec.architecture))
    decay = 10 * spec.config.weight_decay or 1e-2
    return tuple(flag for flag in flags if flag) or (f"--weight-decay {decay:g}",)


def build_command(challenge: int, net: Path | str) -> str:
    """Return the command that packs a net or an ensemble, with a constant for the other challenge."""
    path = shlex.quote(str(net))
    choices = {1: f"--c1 {path} --c2 constant:0", 2: f"--c1 constant:1.6 --c2 {path}"}[challenge]
    return f"subpack build {choices}"


def more_dropout(architecture: Architecture, net: Mapping[str, Any]) -> str | None:
    """Return the flag that raises each dropout of a net; None if it has no `drop_prob` or all are at their maximum.

    Parameters
    ----------
    architecture
        The architecture.
    net
        Keyword arguments that it was built with.
    """
    parameter = inspect.signature(type(architecture.build(net))).parameters.get("drop_prob")
    present = net.get("drop_prob", parameter.default if parameter else None)
    if not isinstance(present, int | float | list | tuple):
        return None
    before = [present] if isinstance(present, int | float) else list(present)
    after = [max(value, min(round(value + _DROPOUT_STEP, 3), _MAX_DROPOUT)) for value in before]
    if after == before:
        return None
    value = after[0] if isinstance(present, int | float) else f"[{','.join(map(str, after))}]"
    return f"more dropout (--net {shlex.quote(f'drop_prob={value}')})"


def smaller_net(architecture: Architecture) -> str | None:
    """Name the largest of our own nets with at most half the parameters; None if there is none."""
    figures = read_figures()
    limit = figures[key_of(architecture)].parameters / 2
    ours = {
        figures[key_of(other)].parameters: other.name
        for other in ARCHITECTURES
        if other.challenge == architecture.challenge and other.module == other.name and other.value is None
    }
    fitting = [size for size in ours if size <= limit]
    return f"a smaller net (subpack train {ours[max(fitting)]})" if fitting else None
