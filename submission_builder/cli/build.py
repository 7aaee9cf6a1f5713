"""``subpack build``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from submission_builder.freeze.recipe_file import RecipeFile

_OUTPUT = Path("submission.zip")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("recipe", required=False, metavar="[RECIPE.toml]", type=_FILE)
@click.option("--c1", metavar="NET", help="Net for challenge 1, the response time.")
@click.option("--c2", metavar="NET", help="Net for challenge 2, the externalizing factor.")
@click.option("--c1-weights", multiple=True, type=_FILE, help="Its weights, where NET does not name them.")
@click.option("--c2-weights", multiple=True, type=_FILE, help="Likewise. Several of one net are averaged.")
@click.option("--c1-wrap", multiple=True, metavar="WRAPPER", help="What goes round it, the innermost first.")
@click.option("--c2-wrap", multiple=True, metavar="WRAPPER", help="Likewise, such as clamp:0.5,2.5.")
@click.option("--half", is_flag=True, help="Store weights in half precision; says how far that moves the predictions.")
@click.option("-o", "--output", type=_FILE, help=f"The zip to write.  [default: {_OUTPUT}]")
@click.option("--force", is_flag=True, help="Replace the zip if it is there.")
@click.option("--dry-run", is_flag=True, help="List what would go in, and write nothing.")
def build(
    recipe: Path | None,
    c1: str | None,
    c2: str | None,
    c1_weights: tuple[Path, ...],
    c2_weights: tuple[Path, ...],
    c1_wrap: tuple[str, ...],
    c2_wrap: tuple[str, ...],
    half: bool,
    output: Path | None,
    force: bool,
    dry_run: bool,
) -> None:
    """Freeze two nets into a submission zip that has proven to run.

    NET is an architecture (its shipped weights), ARCHITECTURE.TAG, the path of weights or of the .toml of an ensemble,
    constant:VALUE, or a class of your own, FILE.py:CLASS, with its weights. Several with a + between them are averaged,
    or weighed: cnn:0.4+attn.mine:0.6. A recipe's file says the same and more.
    """
    from rich.console import Console

    from submission_builder.freeze.builder import freeze
    from submission_builder.freeze.recipe import resolve
    from submission_builder.freeze.recipe_file import RecipeFile, read_recipe, read_wanted
    from submission_builder.report.built import show_built, show_frozen
    from submission_builder.workflows.build import build_proven

    _require_one(recipe, {"--c1": c1, "--c2": c2}, (*c1_weights, *c2_weights, *c1_wrap, *c2_wrap))
    said: RecipeFile
    if recipe is not None:
        said = read_recipe(recipe)
    else:
        wanted = {1: read_wanted(c1 or "", c1_weights, c1_wrap), 2: read_wanted(c2 or "", c2_weights, c2_wrap)}
        said = RecipeFile(wanted, None, half=False)
    path = output or said.output or _OUTPUT
    blends = resolve(said.wanted)
    if dry_run:
        with freeze(blends, half=half or said.half) as frozen:
            show_frozen(frozen, f"{path} would hold", Console())
        return
    show_built(build_proven(blends, path, force=force, half=half or said.half), Console())


def _require_one(recipe: Path | None, nets: dict[str, str | None], rest: tuple[object, ...]) -> None:
    """Take either a recipe's file or flags."""
    if recipe is not None and (any(nets.values()) or rest):
        raise click.UsageError("RECIPE.toml says the nets; --c1, --c2 and what belongs to them are not given beside it")
    missing = [flag for flag, net in nets.items() if not net]
    if recipe is None and missing:
        raise click.UsageError(f"Missing option '{missing[0]}'; both challenges are needed, or a RECIPE.toml")
