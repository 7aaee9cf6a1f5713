"""``subpack server``: what is known of the server's image, and replicas of it."""

from __future__ import annotations

import click

from submission_builder.server.facts import PYTHON

_IMAGE = click.argument("image", metavar="IMAGE")


@click.group()
def server() -> None:
    """Know the server's image, and install replicas of it."""


@server.command("list")
def list_() -> None:
    """List the images."""
    from rich.console import Console

    from submission_builder.base.cache import cache_folder
    from submission_builder.report.servers import show_images
    from submission_builder.server.images import IMAGES
    from submission_builder.server.replica import installed

    show_images({image: installed(image, cache_folder()) for image in IMAGES.values()}, Console())


@server.command()
@_IMAGE
def show(image: str) -> None:
    """Show what is known of IMAGE: published, inferred or unknown, and from where."""
    from rich.console import Console

    from submission_builder.base.cache import cache_folder
    from submission_builder.report.servers import show_image
    from submission_builder.server.images import find_image
    from submission_builder.server.replica import installed

    found = find_image(image)
    show_image(found, installed(found, cache_folder()), Console())


@server.command()
@_IMAGE
def install(image: str) -> None:
    """Make a replica of IMAGE in the cache: 5 to 7 GB, minutes.

    Python 3.10 or the nearest on the PATH, with every package pinned. uv installs them where it is present, else pip.
    """
    from submission_builder.base.cache import cache_folder
    from submission_builder.server.images import find_image
    from submission_builder.server.replica import install as make
    from submission_builder.server.replica import installed, plan_install

    found = find_image(image)
    if replica := installed(found, cache_folder()):
        click.echo(f"{image} is installed already: {replica.interpreter.executable}")
        return
    plan = plan_install(found, cache_folder())
    wanted = ".".join(map(str, PYTHON))
    if not plan.python.python.startswith(f"{wanted}."):
        click.echo(f"note: there is no Python {wanted} here; {plan.python.python} is the nearest", err=True)
    click.echo(
        f"{plan.installer} installs {len(found.requirements)} packages for Python {plan.python.python} "
        f"({plan.python.executable}) into {plan.folder}",
        err=True,
    )
    click.echo(f"{image} is installed: {make(plan).interpreter.executable}")


@server.command()
@_IMAGE
def remove(image: str) -> None:
    """Delete the replica of IMAGE, and what an interrupted install left."""
    from submission_builder.base.cache import cache_folder
    from submission_builder.server.images import find_image
    from submission_builder.server.replica import remove as delete

    delete(find_image(image), cache_folder())
    click.echo(f"{image} is removed")
