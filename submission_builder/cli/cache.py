"""``subpack cache``."""

from __future__ import annotations

import time

import click

_GIB = 1 << 30
_DAY_S = 86_400


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@click.pass_context
def cache(ctx: click.Context, as_json: bool) -> None:
    """List what subpack keeps to be quick: decoded recordings, predictions, the demo.

    All of it may be removed, and is made again when it is needed.
    """
    if ctx.invoked_subcommand:
        return
    from rich.console import Console

    from submission_builder.base.cache import cache_folder, entries
    from submission_builder.report.cache_listing import cache_json, show_cache

    listed = entries(cache_folder())
    click.echo(cache_json(listed)) if as_json else show_cache(cache_folder(), listed, Console())


@cache.command()
@click.option("--older-than", "days", type=click.FloatRange(0), help="What was not used for this many days.")
@click.option("--to", "gib", type=click.FloatRange(0), help="The longest unused, until this many GiB are left.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
@click.option("--dry-run", is_flag=True, help="Name it only.")
def prune(days: float | None, gib: float | None, everything: bool, dry_run: bool) -> None:
    """Remove what is not needed; without an option, what killed runs left half-made.

    What a running process reads stays.
    """
    from submission_builder.base.cache import cache_folder, entries, remove, surplus
    from submission_builder.report.cache_listing import size

    listed = entries(cache_folder())
    doomed = set(surplus(listed, int(gib * _GIB))) if gib is not None else set()
    oldest = time.time() - days * _DAY_S if days is not None else 0
    chosen = [e for e in listed if everything or e.kind == "leftover" or e.used < oldest or e in doomed]
    freed = 0
    for entry, removed in ((entry, True) for entry in chosen) if dry_run else remove(chosen):
        verb = "would remove" if dry_run else "removed" if removed else "in use, left"
        click.echo(f"{verb}: {entry.path} ({size(entry.n_bytes)})")
        freed += entry.n_bytes if removed else 0
    click.echo(f"{size(freed)} {'would be ' if dry_run else ''}freed")
