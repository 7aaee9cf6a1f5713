"""The model zoo in the terminal and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from submission_builder.report.marks import marked
from submission_builder.report.numbers import UNKNOWN, interval, points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from model_zoo.card import Card
    from model_zoo.figures import ZooEntry
    from model_zoo.summary import Layer

Latencies = dict[int, float]
"""Milliseconds that one call takes, by the number of windows in it; empty where that was not measured."""

_STAYS = "*"
_NOTES = (
    "madds: multiply-adds, millions a window, in convolutions and matrix products",
    "sees: samples that one step of the last feature map over time depends on",
    f"{_STAYS} does not travel: it needs numpy beside torch, which fails on the server",
)


def show_models(entries: Sequence[ZooEntry], latencies: Sequence[Latencies], console: Console) -> None:
    """Print the nets of the zoo, one a line, and what their shipped weights score; with latencies, no sources."""
    measured = list(next(iter(latencies), ()))
    table = _table("model zoo")
    table.add_column("name", no_wrap=True)
    table.add_column("for", no_wrap=True)
    for heading in ("parameters", "madds", "sees"):
        table.add_column(heading, justify="right", no_wrap=True)
    for batch in measured:
        table.add_column(f"ms for {batch}", justify="right", no_wrap=True)
    if not measured:
        table.add_column("source")
    for entry, times in zip(entries, latencies, strict=True):
        table.add_row(*_cells(entry), *(map(_ms, times.values()) if measured else [entry.architecture.source]))
    console.print(table, "")
    _show_shipped([card for entry in entries for card in entry.cards], console)
    for note in (*_NOTES, "subpack models NAME shows a net's layers"):
        console.print(note, style="dim", highlight=False)


def show_net(entry: ZooEntry, layers: Sequence[Layer], latencies: Latencies, console: Console) -> None:
    """Print a net's layers and what each hands on, then its figures."""
    table = _table(f"{entry.architecture.name} · challenge {_challenges(entry)}")
    table.add_column("layer")
    table.add_column("kind")
    table.add_column("hands on", justify="right", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    for layer in layers:
        shape = " × ".join(["batch", *map(str, layer.shape[1:])])
        table.add_row(layer.name or UNKNOWN, layer.kind, shape, f"{layer.n_parameters:,}")
    console.print(table, "")
    for line in _figures(entry, latencies):
        console.print(line, highlight=False, soft_wrap=True)
    _show_shipped(entry.cards, console)


def models_json(entries: Sequence[ZooEntry], latencies: Sequence[Latencies]) -> str:
    """Lay the nets of the zoo out as a list of objects."""
    return _dumps([_object(entry, times) for entry, times in zip(entries, latencies, strict=True)])


def nets_json(entries: Sequence[ZooEntry], layers: Sequence[Sequence[Layer]], latencies: Sequence[Latencies]) -> str:
    """Lay nets out as a list of objects, with their layers."""
    joined = zip(entries, layers, latencies, strict=True)
    return _dumps(
        [_object(entry, times) | {"layers": [_layer(layer) for layer in its]} for entry, its, times in joined]
    )


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), show_edge=False)


def _cells(entry: ZooEntry) -> tuple[str, ...]:
    figures = entry.figures
    name = entry.architecture.name + (_STAYS if entry.needs else "")
    madds = f"{figures.multiply_adds / 1e6:,.1f}"
    return name, _challenges(entry), f"{figures.parameters:,}", madds, _sees(entry)


def _figures(entry: ZooEntry, latencies: Latencies) -> list[str]:
    figures, needs = entry.figures, entry.needs
    return [
        f"parameters: {figures.parameters:,}",
        f"multiply-adds: {figures.multiply_adds:,} for one window, in convolutions and matrix products",
        f"one step of its last feature map sees: {_sees(entry)} of 200 samples",
        *(f"latency: {_ms(ms)} ms for {batch} window(s) on this machine" for batch, ms in latencies.items()),
        f"runs on the server as published: {f'no, {needs}' if needs else 'yes'}",
        f"source: {entry.architecture.source}",
    ]


def _show_shipped(cards: Sequence[Card], console: Console) -> None:
    if not cards:
        return
    simulated = any(data["simulated"] for card in cards for data in card.data)
    table = _table(marked("shipped weights", simulated=simulated))
    for heading in ("weights", "challenge", "nrmse", "95 % interval", "scored on"):
        table.add_column(heading, no_wrap=heading != "scored on")
    for card in cards:
        score = _score(card)
        name = marked(score["release"], simulated=score["simulated"])
        table.add_row(card.name, str(card.challenge), points(score["nrmse"]), interval(score["interval"]), name)
    console.print(table, "")


def _score(card: Card) -> dict[str, Any]:
    """Take the most honest score of a card: on a release never trained on, else on the side that chose the epoch."""
    if "test" in card.scores:
        score, on = card.scores["test"], card.scores["test"]["data"]
        release, simulated = on["release"], on["simulated"]
    else:
        score = card.scores["val"]
        release, simulated = "the side that chose the epoch", any(data["simulated"] for data in card.data)
    return {
        "tag": card.tag,
        "challenge": card.challenge,
        "nrmse": score["nrmse"],
        "interval": score["interval"],
        "release": release,
        "simulated": simulated,
    }


def _object(entry: ZooEntry, latencies: Latencies) -> dict[str, Any]:
    return {
        "name": entry.architecture.name,
        "parameters": entry.figures.parameters,
        "multiply_adds": entry.figures.multiply_adds,
        "receptive_field": entry.figures.receptive_field,
        "latency_ms": latencies or None,
        "challenges": entry.challenges,
        "tags": [card.tag for card in entry.cards],
        "shipped": [_score(card) for card in entry.cards],
        "travels": entry.needs is None,
        "needs": entry.needs,
        "source": entry.architecture.source,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {"name": layer.name, "kind": layer.kind, "shape": layer.shape, "parameters": layer.n_parameters}


def _dumps(content: list[dict[str, Any]]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False)


def _challenges(entry: ZooEntry) -> str:
    return ", ".join(map(str, entry.challenges))


def _sees(entry: ZooEntry) -> str:
    reach = entry.figures.receptive_field
    return "all" if reach is None else str(reach)


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:,.1f}"
