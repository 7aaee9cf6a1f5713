"""Images of the server, and what is known of them, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from submission_builder.server.images import Image
    from submission_builder.server.replica import Replica

_UNKNOWN = "–"


def show_images(replicas: Mapping[Image, Replica | None], console: Console) -> None:
    """Print the images, one a line, and where their replicas lie."""
    table = Table(title="server images", title_justify="left")
    for heading in ("image", "torch", "what it is", "replica"):
        table.add_column(heading, no_wrap=heading in ("image", "torch"))
    for image, replica in replicas.items():
        lies = f"Python {replica.interpreter.python}" if replica else "not installed"
        table.add_row(image.name, image.torch, image.summary, lies)
    console.print(table)
    console.print("subpack server show IMAGE says what is known, and how well.", style="dim", highlight=False)


def show_image(image: Image, replica: Replica | None, console: Console) -> None:
    """Print the facts of an image with their grades and sources, and where its replica lies."""
    table = Table(title=f"{image.name} · {image.summary}", title_justify="left")
    for heading in ("fact", "value", "grade", "source"):
        table.add_column(heading, no_wrap=heading in ("fact", "grade"))
    for fact in image.facts:
        table.add_row(fact.name, fact.value or _UNKNOWN, fact.grade, fact.source)
    console.print(table)
    where = replica.interpreter.executable if replica else f"not installed (subpack server install {image.name})"
    console.print(f"replica: {where}", highlight=False, soft_wrap=True)
