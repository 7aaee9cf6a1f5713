"""Server images, their facts and their replicas, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from submission_builder.report.numbers import UNKNOWN

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.workflows.servers import InstalledServer, InstallNotice, ServerImage, ServerList


def show_images(listing: ServerList, console: Console) -> None:
    """Print the images, one a line, and whether their replicas are installed."""
    table = Table(title="server images", title_justify="left")
    for heading in ("image", "torch", "content", "replica"):
        table.add_column(heading, no_wrap=heading in ("image", "torch"))
    for server in listing.servers:
        state = f"Python {server.replica.interpreter.python}" if server.replica else "not installed"
        table.add_row(server.image.name, server.image.torch, server.image.summary, state)
    console.print(table)
    console.print("subpack server show IMAGE lists the facts about an image.", style="dim", highlight=False)


def show_image(server: ServerImage, console: Console) -> None:
    """Print the facts about an image with their evidence and sources, and the path of its replica."""
    table = Table(title=f"{server.image.name} · {server.image.summary}", title_justify="left")
    for heading in ("fact", "value", "evidence", "source"):
        table.add_column(heading, no_wrap=heading in ("fact", "evidence"))
    for fact in server.image.facts:
        table.add_row(fact.name, fact.value or UNKNOWN, fact.grade, fact.source)
    console.print(table)
    where = server.executable or f"not installed (subpack server install {server.image.name})"
    console.print(f"replica: {where}", highlight=False, soft_wrap=True)


def install_notice(notice: InstallNotice) -> str:
    """Describe an installation that is about to start."""
    plan = notice.plan
    python = plan.python.python
    line = (
        f"{plan.installer} installs {len(plan.image.requirements)} packages for Python {python} "
        f"({plan.python.executable}) in {plan.folder}"
    )
    if not notice.other_python:
        return line
    return f"note: Python {notice.wanted_python} is not installed; Python {python} is the nearest version\n{line}"


def installed_line(result: InstalledServer) -> str:
    """Describe the result of an installation."""
    already = " already" if result.existed else ""
    return f"{result.server.image.name} is installed{already}: {result.server.executable}"
