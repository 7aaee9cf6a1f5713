"""A download, or its dry run, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from submission_builder.report.cache_listing import size
from submission_builder.report.numbers_table import numbers_table

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.workflows.fetch import Fetched, FetchedFiles, FetchedRelease

_NAMED = 3


def show_fetched(fetched: Fetched, console: Console) -> None:
    """Print one row per release, in a dry run also one per task, and what was verified."""
    title = "what would be downloaded" if fetched.dry_run else "what is on disk"
    table = numbers_table(title, "release", ("files", "size", "to download" if fetched.dry_run else "was missing"))
    for release in fetched.releases:
        table.add_row(Text(release.name), *_cells(release.files))
        if fetched.dry_run:
            for task, files in release.by_task.items():
                table.add_row(Text(f"  {task}", style="dim"), *_cells(files))
    console.print(table)
    for release in fetched.releases:
        _show_notes(release, console, dry_run=fetched.dry_run)


def _cells(files: FetchedFiles) -> tuple[str, str, str]:
    return f"{files.n_files:,}", size(files.n_bytes), size(files.to_download)


def _show_notes(release: FetchedRelease, console: Console, *, dry_run: bool) -> None:
    if release.replaced:
        verb = "would be replaced" if dry_run else "were replaced"
        names = ", ".join(release.replaced[:_NAMED]) + (", …" if len(release.replaced) > _NAMED else "")
        fact = f"{len(release.replaced):,} files of {release.name} differ from the server's and {verb}: {names}"
        console.print(Text(f"note: {fact}."), style="dim", soft_wrap=True)
    if not dry_run:
        rest = release.files.n_files - release.n_md5
        fact = f"{release.folder}: the size of every file and the MD5 of {release.n_md5:,} files are the server's"
        console.print(
            Text(f"{fact}; the server gives no MD5 of {rest:,} files." if rest else f"{fact}."), soft_wrap=True
        )
