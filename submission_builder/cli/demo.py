"""``subpack demo``."""

from __future__ import annotations

import click


@click.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Simulate a release, build a submission and score it.

    The release is SIMULATED. Release and submission are in the cache. The command prints the three commands that it
    runs.
    """
    from submission_builder.base.cache import cache_folder
    from submission_builder.cli.build import build
    from submission_builder.cli.evaluate import evaluate
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.workflows.demo import RUNS, SEED, SUBJECTS, demo_folder, demo_release

    release = demo_folder()
    click.secho(f"$ subpack simulate {release} --subjects {SUBJECTS} --runs {RUNS} --seed {SEED}", bold=True)
    click.echo("The release is in the cache." if release.is_dir() else "The simulation takes half a minute, once.")
    with progress_bars() as progress:
        demo_release(progress)

    path = cache_folder() / "demo" / "submission.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    click.secho(f"\n$ subpack build --c1 lightweight_attn --c2 cnn -o {path} --force", bold=True)
    ctx.invoke(build, c1="lightweight_attn", c2="cnn", output=path, force=True)
    click.secho(f"\n$ subpack evaluate {path} --data {release}", bold=True)
    ctx.invoke(evaluate, zips=(path,), data=release)
