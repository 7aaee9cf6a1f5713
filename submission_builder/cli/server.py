"""``subpack server``."""

from __future__ import annotations

import click

_IMAGE = click.argument("image", metavar="IMAGE")


@click.group()
def server() -> None:
    """Show and install replicas of the server's image.

    The competition server runs submissions in a container image. A replica is a Python environment with the same
    package versions.
    """


@server.command("list")
def list_() -> None:
    """List the candidates for the server's image."""
    from submission_builder.report.console import open_console
    from submission_builder.report.servers import show_images
    from submission_builder.workflows.servers import list_servers

    show_images(list_servers(), open_console())


@server.command()
@_IMAGE
def show(image: str) -> None:
    """Show each fact about IMAGE with its source.

    A fact is published, inferred or unknown.
    """
    from submission_builder.report.console import open_console
    from submission_builder.report.servers import show_image
    from submission_builder.workflows.servers import show_server

    show_image(show_server(image), open_console())


@server.command()
@_IMAGE
def install(image: str) -> None:
    """Install a replica of IMAGE in the cache. It takes 5 to 7 GB and several minutes.

    The replica has Python 3.10, or the nearest version on this machine, and every package in the version of IMAGE. uv
    installs the packages if it is available, else pip.
    """
    from submission_builder.report.servers import install_notice, installed_line
    from submission_builder.workflows.servers import install_server

    result = install_server(image, announce=lambda notice: click.echo(install_notice(notice), err=True))
    click.echo(installed_line(result))


@server.command()
@_IMAGE
def remove(image: str) -> None:
    """Delete the replica of IMAGE.

    The files of interrupted installations are deleted too.
    """
    from submission_builder.workflows.servers import remove_server

    click.echo(f"{remove_server(image).image} is removed")
