"""``subpack models``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_zoo.figures import ZooEntry

_BATCHES = (1, 64)


@click.command()
@click.argument("name", required=False)
@click.option("--challenge", type=click.IntRange(1, 2), help="Only what predictions this one.")
@click.option("--measure", is_flag=True, help=f"Time each net on batches of {_BATCHES[0]} and {_BATCHES[1]}, here.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def models(name: str | None, challenge: int | None, measure: bool, as_json: bool) -> None:
    """List the model zoo, or show the layers of NAME."""
    from rich.console import Console

    from model_zoo.figures import entries
    from submission_builder.report.zoo import models_json, nets_json, show_models, show_net

    console, chosen = Console(), entries(name, challenge)
    times = _measured(chosen) if measure else [{} for _ in chosen]
    if name is None:
        click.echo(models_json(chosen, times)) if as_json else show_models(chosen, times, console)
        return
    from model_zoo.summary import layers

    shown = [layers(entry.build()) for entry in chosen]
    if as_json:
        click.echo(nets_json(chosen, shown, times))
        return
    for entry, its_layers, its_times in zip(chosen, shown, times, strict=True):
        show_net(entry, its_layers, its_times, console)


def _measured(chosen: Sequence[ZooEntry]) -> list[dict[int, float]]:
    from model_zoo.measuring import latency_ms
    from submission_builder.cli.progress_bars import progress_bars

    times = []
    with progress_bars() as progress:
        for done, entry in enumerate(chosen):
            progress("nets timed", done, len(chosen))
            net = entry.build()
            times.append({batch: latency_ms(net, batch) for batch in _BATCHES})
    return times
