"""Where things lie that can be made again."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_HINT = "SUBPACK_CACHE names another folder for the cache"


def cache_folder() -> Path:
    """Name the cache: ``$SUBPACK_CACHE``, or ``subpack`` in the user's cache folder."""
    named = os.environ.get("SUBPACK_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("subpack")
