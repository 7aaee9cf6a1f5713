"""The model zoo in the terminal and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from model_zoo.summary import Entry, Layer

_NONE = "–"


def show_models(entries: Sequence[Entry], console: Console) -> None:
    """Print the nets of the zoo, one a line."""
    table = Table(title="model zoo", title_justify="left")
    table.add_column("name", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("challenges", no_wrap=True)
    table.add_column("shipped tags", no_wrap=True)
    for entry in entries:
        table.add_row(entry.name, f"{entry.n_parameters:,}", _challenges(entry), _tags(entry))
    console.print(table)
    console.print("subpack models NAME shows a net's layers and where it is described.", style="dim", highlight=False)


def show_net(entry: Entry, layers: Sequence[Layer], console: Console) -> None:
    """Print a net's layers and what each hands on."""
    table = Table(title=f"{entry.name} · challenge {_challenges(entry)}", title_justify="left")
    table.add_column("layer")
    table.add_column("kind")
    table.add_column("hands on", justify="right", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    for layer in layers:
        shape = " × ".join(["batch", *map(str, layer.shape[1:])])
        table.add_row(layer.name or _NONE, layer.kind, shape, f"{layer.n_parameters:,}")
    console.print(table)
    said = f"{entry.n_parameters:,} parameters in all; source: {entry.source}; shipped tags: {_tags(entry)}"
    console.print(said, highlight=False, soft_wrap=True)


def models_json(entries: Sequence[Entry]) -> str:
    """Lay the nets of the zoo out as a list of objects."""
    return _dumps([_object(entry) for entry in entries])


def net_json(entries: Sequence[tuple[Entry, Sequence[Layer]]]) -> str:
    """Lay nets out as a list of objects, with their layers."""
    return _dumps([_object(entry) | {"layers": [_layer(layer) for layer in layers]} for entry, layers in entries])


def _object(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "parameters": entry.n_parameters,
        "challenges": entry.challenges,
        "tags": entry.tags,
        "source": entry.source,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {"name": layer.name, "kind": layer.kind, "shape": layer.shape, "parameters": layer.n_parameters}


def _dumps(content: list[dict[str, Any]]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False)


def _challenges(entry: Entry) -> str:
    return ", ".join(map(str, entry.challenges))


def _tags(entry: Entry) -> str:
    return ", ".join(entry.tags) or _NONE
