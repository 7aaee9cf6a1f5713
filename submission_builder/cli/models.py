"""``subpack models``."""

from __future__ import annotations

import click


@click.command()
@click.argument("name", required=False)
@click.option("--challenge", type=click.IntRange(1, 2), help="Only what answers this one.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def models(name: str | None, challenge: int | None, as_json: bool) -> None:
    """List the model zoo, or show the layers of NAME."""
    from rich.console import Console

    from model_zoo.summary import layers, nets_of
    from submission_builder.report.zoo import models_json, net_json, show_models, show_net

    console, nets = Console(), nets_of(name, challenge)
    if name is None:
        entries = [entry for entry, _ in nets]
        click.echo(models_json(entries)) if as_json else show_models(entries, console)
        return
    shown = [(entry, layers(net)) for entry, net in nets]
    if as_json:
        click.echo(net_json(shown))
        return
    for entry, its_layers in shown:
        show_net(entry, its_layers, console)
