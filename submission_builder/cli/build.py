"""``subpack build``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--c1", required=True, metavar="NET", help="Net for challenge 1, the response time.")
@click.option("--c2", required=True, metavar="NET", help="Net for challenge 2, the externalizing factor.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("submission.zip"),
    show_default=True,
    help="The zip to write.",
)
@click.option("--force", is_flag=True, help="Replace the zip if it is there.")
def build(c1: str, c2: str, output: Path, force: bool) -> None:
    """Freeze two nets into a submission zip.

    NET is an architecture (its shipped weights), ARCHITECTURE.TAG, the path of a .pt file with its card
    beside it, or constant:VALUE. Several with a + between them are averaged, or weighed: cnn:0.4+attn.mine:0.6.
    """
    from rich.console import Console

    from submission_builder.freeze.builder import build as freeze
    from submission_builder.freeze.recipe import resolve
    from submission_builder.report.terminal import show_built

    show_built(freeze(resolve({1: c1, 2: c2}), output, force=force), Console())
