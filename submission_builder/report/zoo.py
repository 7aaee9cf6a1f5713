"""The model zoo in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, interval, points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from submission_builder.workflows.models import ModelInfo, ModelList, ShippedWeights

_NEEDS = "*"
_NOTES = (
    "MACs: multiply-adds per window, in millions, of convolutions and matrix products",
    "field: receptive field of one step of the last feature map over time, in samples",
    f"{_NEEDS} calls numpy, which fails with the server's published package list",
    "subpack models NAME shows the layers of a net",
)
_LATENCY = "ms for N: inference time of a batch of N windows, on this machine's CPU"


def show_models(result: ModelList, console: Console) -> None:
    """Print a table of the nets, or the layers of each net if they were traced."""
    if any(model.layers is not None for model in result.models):
        for model in result.models:
            _show_net(model, console)
    else:
        _show_list(result.models, console)


def _show_list(models: Sequence[ModelInfo], console: Console) -> None:
    """Print one line per net, with its latency or its source, and the scores of the shipped weights."""
    batches = list(next((model.latency_ms for model in models if model.latency_ms), ()))
    table = _table("model zoo")
    for heading in ("name", "chal-\nlenge"):
        table.add_column(heading, no_wrap=True)
    for heading in (
        "parameters",
        "MACs, M",
        "field",
        *(f"ms for {n}" for n in batches),
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    if not batches:
        table.add_column("source")
    for model in models:
        table.add_row(*_cells(model), *(map(_ms, model.latency_ms.values()) if model.latency_ms else [model.source]))
    console.print(table, "")
    _show_shipped([(model.name, weights) for model in models for weights in model.shipped], console)
    for note in [*_NOTES, *([_LATENCY] if batches else [])]:
        console.print(note, style="dim", highlight=False)


def _show_net(model: ModelInfo, console: Console) -> None:
    """Print the layers of a net with their output shapes, then its figures."""
    table = _table(f"{model.name} · challenge {_challenges(model)}")
    table.add_column("layer")
    table.add_column("type")
    table.add_column("output", justify="right", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    for layer in model.layers or ():
        shape = " × ".join(["batch", *map(str, layer.shape[1:])])
        table.add_row(layer.name or UNKNOWN, layer.kind, shape, f"{layer.n_parameters:,}")
    console.print(table, "")
    for line in _figures(model):
        console.print(line, highlight=False, soft_wrap=True)
    _show_shipped([(model.name, weights) for weights in model.shipped], console)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), show_edge=False)


def _cells(model: ModelInfo) -> tuple[str, ...]:
    name = model.name + (_NEEDS if model.needs else "")
    return name, _challenges(model), f"{model.parameters:,}", f"{model.multiply_adds / 1e6:,.1f}", _field(model)


def _figures(model: ModelInfo) -> list[str]:
    return [
        f"parameters: {model.parameters:,}",
        f"multiply-adds: {model.multiply_adds:,} per window, of convolutions and matrix products",
        f"receptive field: {_field(model)} of 200 samples, for one time step of the last feature map",
        *(
            f"inference time: {_ms(ms)} ms for {_windows(n)} on this machine"
            for n, ms in (model.latency_ms or {}).items()
        ),
        f"runs with the server's published packages: {f'no, {model.needs}' if model.needs else 'yes'}",
        f"source: {model.source}",
    ]


def _show_shipped(shipped: Sequence[tuple[str, ShippedWeights]], console: Console) -> None:
    if not shipped:
        return
    table = _table(marked("shipped weights", simulated=any(weights.simulated for _, weights in shipped)))
    for heading in ("weights", "challenge", "nrmse", "95 % interval", "scored on"):
        table.add_column(heading, no_wrap=heading != "scored on")
    for name, weights in shipped:
        table.add_row(
            f"{name}.{weights.tag}",
            str(weights.challenge),
            points(weights.nrmse),
            interval(weights.interval),
            marked(weights.release or "validation subjects", simulated=weights.simulated),
        )
    console.print(table, "")


def _challenges(model: ModelInfo) -> str:
    return ", ".join(map(str, model.challenges))


def _field(model: ModelInfo) -> str:
    return "all" if model.receptive_field is None else str(model.receptive_field)


def _windows(n: int) -> str:
    return "1 window" if n == 1 else f"{n} windows"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:,.1f}"
