"""What lies in the cache, in the terminal and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from submission_builder.base.cache import CacheEntry

_KIB = 1024


def show_cache(folder: Path, entries: Sequence[CacheEntry], console: Console) -> None:
    """Print what lies in the cache, the latest used first."""
    total = size(sum(entry.n_bytes for entry in entries))
    table = Table(title=f"{folder} · {total}", title_justify="left")
    table.add_column("kind", no_wrap=True)
    table.add_column("name")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("last used", no_wrap=True)
    for entry in entries:
        name = f"{entry.path.name} ({entry.made_of})" if entry.made_of else entry.path.name
        table.add_row(entry.kind, name, size(entry.n_bytes), f"{_date(entry):%Y-%m-%d %H:%M}")
    console.print(table)
    console.print("subpack cache prune removes what is not needed.", style="dim", highlight=False)


def cache_json(entries: Sequence[CacheEntry]) -> str:
    """Lay it out as a list of objects."""
    objects = [
        {
            "kind": entry.kind,
            "path": str(entry.path),
            "made_of": entry.made_of,
            "bytes": entry.n_bytes,
            "used": _date(entry).isoformat(),
        }
        for entry in entries
    ]
    return json.dumps(objects, indent=2, ensure_ascii=False)


def size(n_bytes: float) -> str:
    """Say a size in the unit that fits it."""
    for unit in ("bytes", "KiB", "MiB"):
        if n_bytes < _KIB:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= _KIB
    return f"{n_bytes:.3g} GiB"


def _date(entry: CacheEntry) -> datetime:
    return datetime.fromtimestamp(entry.used, UTC)
