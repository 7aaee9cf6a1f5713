"""List the cache, and remove entries from it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from submission_builder.base.cache import CacheEntry, cache_folder, entries, remove, surplus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_GIB = 1 << 30
_DAY_S = 86_400


@dataclass(frozen=True)
class CacheListing:
    """The entries of the cache."""

    folder: Path
    entries: tuple[CacheEntry, ...]
    """The latest used first."""

    @property
    def n_bytes(self) -> int:
        """Size on disk."""
        return sum(entry.n_bytes for entry in self.entries)

    def to_dict(self) -> dict[str, Any]:
        """Return the folder, and kind, path, origin, size and last use of each entry."""
        return {"folder": str(self.folder), "entries": [_entry_dict(entry) for entry in self.entries]}


@dataclass(frozen=True)
class Removal:
    """An entry that was chosen for removal."""

    entry: CacheEntry
    removed: bool
    """False if the entry stays, because a running process reads it; in a dry run, true for every chosen entry."""


@dataclass(frozen=True)
class PrunedCache:
    """The result of pruning the cache."""

    removals: tuple[Removal, ...]
    dry_run: bool
    """Whether nothing was removed."""

    @property
    def freed(self) -> int:
        """Bytes that were freed, or that a run without `dry_run` would free."""
        return sum(removal.entry.n_bytes for removal in self.removals if removal.removed)

    def to_dict(self) -> dict[str, Any]:
        """Return the chosen entries, whether each was removed, and the bytes freed."""
        removals = [_entry_dict(one.entry) | {"removed": one.removed} for one in self.removals]
        return {"dry_run": self.dry_run, "bytes_freed": self.freed, "entries": removals}


def list_cache() -> CacheListing:
    """Return the entries of the cache, without those that a running process is writing."""
    return CacheListing(cache_folder(), entries(cache_folder()))


def prune_cache(
    *,
    older_than_days: float | None = None,
    max_gib: float | None = None,
    everything: bool = False,
    dry_run: bool = False,
    announce: Callable[[Removal], None] | None = None,
) -> PrunedCache:
    """Remove entries from the cache; incomplete entries of killed processes are always removed.

    Parameters
    ----------
    older_than_days
        Remove the entries that have not been used for this many days.
    max_gib
        Remove the longest unused entries until at most this many GiB remain.
    everything
        Remove all entries.
    dry_run
        Remove nothing, and return what would be removed.
    announce
        Called after each removal.

    Raises
    ------
    OutputError
        If an entry cannot be removed.
    """
    listed = entries(cache_folder())
    excess = set(surplus(listed, int(max_gib * _GIB))) if max_gib is not None else set()
    oldest = time.time() - older_than_days * _DAY_S if older_than_days is not None else 0
    chosen = [e for e in listed if everything or e.kind == "leftover" or e.used < oldest or e in excess]
    removals = []
    for entry, removed in ((entry, True) for entry in chosen) if dry_run else remove(chosen):
        removals.append(Removal(entry, removed))
        if announce:
            announce(removals[-1])
    return PrunedCache(tuple(removals), dry_run)


def _entry_dict(entry: CacheEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "path": str(entry.path),
        "made_of": entry.made_of,
        "bytes": entry.n_bytes,
        "used": datetime.fromtimestamp(entry.used, UTC).isoformat(),
    }
