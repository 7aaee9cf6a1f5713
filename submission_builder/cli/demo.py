"""``subpack demo``."""

from __future__ import annotations

import click


@click.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Simulate, build, evaluate: see it work.

    Everything is SIMULATED and lies in the cache; the commands are shown as they could be typed.
    """
    from submission_builder.base.cache import cache_folder
    from submission_builder.cli.build import build
    from submission_builder.cli.evaluate import evaluate
    from submission_builder.cli.progress_bars import progress_bars
    from submission_builder.releases.demo import RUNS, SEED, SUBJECTS, demo_folder, demo_release

    release = demo_folder(cache_folder())
    click.secho(f"$ subpack simulate {release} --subjects {SUBJECTS} --runs {RUNS} --seed {SEED}", bold=True)
    click.echo("It is in the cache." if release.is_dir() else "This takes half a minute, once.")
    with progress_bars() as progress:
        demo_release(cache_folder(), progress)

    path = cache_folder() / "demo" / "submission.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    click.secho(f"\n$ subpack build --c1 lightweight_attn --c2 cnn -o {path} --force", bold=True)
    ctx.invoke(build, c1="lightweight_attn", c2="cnn", output=path, force=True)
    click.secho(f"\n$ subpack evaluate {path} --data {release}", bold=True)
    ctx.invoke(evaluate, zips=(path,), data=release)
