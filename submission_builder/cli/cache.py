"""``subpack cache``."""

from __future__ import annotations

import click


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects.")
@click.pass_context
def cache(ctx: click.Context, as_json: bool) -> None:
    """List or remove cached data.

    The cache holds decoded recordings, predictions, the demo and replicas of the server. Any entry can be removed:
    subpack creates it again when it is needed.
    """
    if ctx.invoked_subcommand:
        return
    from submission_builder.report.cache_listing import show_cache
    from submission_builder.report.console import open_console
    from submission_builder.report.json_file import json_text
    from submission_builder.workflows.cache import list_cache

    listing = list_cache()
    if as_json:
        click.echo(json_text(listing.to_dict()["entries"]))
    else:
        show_cache(listing, open_console())


@cache.command()
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(0),
    metavar="DAYS",
    help="Remove entries that have not been used for this many days.",
)
@click.option(
    "--to",
    "gib",
    type=click.FloatRange(0),
    metavar="GIB",
    help="Remove the least recently used entries until at most this many GiB remain.",
)
@click.option("--all", "everything", is_flag=True, help="Remove all entries.")
@click.option("--dry-run", is_flag=True, help="Only list the entries that would be removed.")
def prune(days: float | None, gib: float | None, everything: bool, dry_run: bool) -> None:
    """Remove entries of the cache.

    Without an option, only incomplete entries of killed runs are removed. An entry that a running process reads is
    never removed.
    """
    from submission_builder.report.cache_listing import freed_line, removal_line
    from submission_builder.workflows.cache import prune_cache

    result = prune_cache(
        older_than_days=days,
        max_gib=gib,
        everything=everything,
        dry_run=dry_run,
        announce=lambda removal: click.echo(removal_line(removal, dry_run=dry_run)),
    )
    click.echo(freed_line(result))
