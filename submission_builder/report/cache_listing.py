"""The entries of the cache, in the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

    from submission_builder.workflows.cache import CacheListing, PrunedCache, Removal

_KIB = 1024


def show_cache(listing: CacheListing, console: Console) -> None:
    """Print the entries of the cache, the latest used first."""
    table = Table(title=f"{listing.folder} · {size(listing.n_bytes)}", title_justify="left")
    table.add_column("kind", no_wrap=True)
    table.add_column("name")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("last used", no_wrap=True)
    for entry in listing.entries:
        name = f"{entry.path.name} ({entry.made_of})" if entry.made_of else entry.path.name
        used = datetime.fromtimestamp(entry.used, UTC)
        table.add_row(entry.kind, name, size(entry.n_bytes), f"{used:%Y-%m-%d %H:%M}")
    console.print(table)
    console.print("subpack cache prune removes entries.", style="dim", highlight=False)


def removal_line(removal: Removal, *, dry_run: bool) -> str:
    """Describe the removal of an entry."""
    verb = "would remove" if dry_run else "removed" if removal.removed else "in use, not removed"
    return f"{verb}: {removal.entry.path} ({size(removal.entry.n_bytes)})"


def freed_line(result: PrunedCache) -> str:
    """Describe the space that pruning freed."""
    return f"{size(result.freed)} {'would be ' if result.dry_run else ''}freed"


def size(n_bytes: float) -> str:
    """Format a size in bytes with the unit that fits it."""
    for unit in ("bytes", "KiB", "MiB"):
        if n_bytes < _KIB:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= _KIB
    return f"{n_bytes:.3g} GiB"
