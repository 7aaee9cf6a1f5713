"""``subpack build``."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("recipe", required=False, metavar="[RECIPE.toml]", type=_FILE)
@click.option("--c1", metavar="NET", help="Net for challenge 1 (response time).")
@click.option("--c2", metavar="NET", help="Net for challenge 2 (externalizing factor).")
@click.option(
    "--c1-weights",
    multiple=True,
    type=_FILE,
    help="Weights of a net that does not name its own. Repeat the option to average several files.",
)
@click.option("--c2-weights", multiple=True, type=_FILE, help="The same for challenge 2.")
@click.option(
    "--c1-wrap",
    multiple=True,
    metavar="WRAPPER",
    help="Wrap the model, for example in clamp:0.5,2.5. Repeat the option to nest wrappers, innermost first.",
)
@click.option("--c2-wrap", multiple=True, metavar="WRAPPER", help="The same for challenge 2.")
@click.option("--half", is_flag=True, help="Store weights in half precision, and report the change of the predictions.")
@click.option("-o", "--output", type=_FILE, help="The zip to write.  [default: submission.zip]")
@click.option("--force", is_flag=True, help="Replace an existing zip.")
@click.option("--dry-run", is_flag=True, help="List the content of the zip, but do not write it.")
@click.option("--json", "json_path", type=_FILE, help="Write digests, files, notes and the manifest to this file.")
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
    json_path: Path | None,
) -> None:
    """Pack one net per challenge into a submission zip.

    NET is an architecture (its shipped weights), ARCHITECTURE.TAG, the path of weights or of an ensemble's .toml,
    constant:VALUE, or a class of your own, FILE.py:CLASS, with its weights. Several nets joined by + are averaged, or
    weighted: cnn:0.4+attn.mine:0.6. RECIPE.toml states the same and more.

    The zip is kept only if a clean process reproduces the nets' predictions.
    """
    from submission_builder import build as verb
    from submission_builder.base.atomic import require_parent_folder
    from submission_builder.report.built import show_built
    from submission_builder.report.console import open_console
    from submission_builder.report.json_file import write_json

    _require_one(recipe, {"--c1": c1, "--c2": c2}, (*c1_weights, *c2_weights, *c1_wrap, *c2_wrap))
    if json_path:
        require_parent_folder(json_path)
    built = verb(
        recipe,
        c1=c1,
        c2=c2,
        c1_weights=c1_weights,
        c2_weights=c2_weights,
        c1_wrap=c1_wrap,
        c2_wrap=c2_wrap,
        output=output,
        half=half,
        force=force,
        dry_run=dry_run,
    )
    if json_path:
        write_json(built.to_dict(), json_path)
    show_built(built, open_console())


def _require_one(recipe: Path | None, nets: dict[str, str | None], rest: tuple[object, ...]) -> None:
    """Require either a recipe file or a net for both challenges."""
    if recipe is not None and (any(nets.values()) or rest):
        raise click.UsageError(
            "RECIPE.toml states both models; --c1, --c2, their weights and wrappers are not expected"
        )
    missing = [flag for flag, net in nets.items() if not net]
    if recipe is None and missing:
        raise click.UsageError(
            f"Missing option '{missing[0]}'; nets for both challenges, or a RECIPE.toml, are expected"
        )
