"""Examine torch, the GPU, the disk and the cache."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission_builder.base.atomic import require_writable
from submission_builder.base.cache import CACHE_HINT, cache_folder, entries
from submission_builder.base.errors import OutputError
from submission_builder.workflows.doctor.result import Examined

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT_S = 120
_GB = 10**9
_SERVER_GPU_GB = 20
_LEAST_GB, _REPLICA_GB = 1, 12
_PROGRAM = """
import json, torch
cuda = torch.cuda.is_available()
devices = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())] if cuda else []
torch.ones(2).numpy()
print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda,
                  "devices": [[one.name, one.total_memory] for one in devices]}))
"""


def examine_torch() -> Iterator[Examined]:
    """Import torch in another process, so that a broken installation is a fact; then look at its GPUs."""
    try:
        process = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-W", "ignore", "-c", _PROGRAM],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        found = json.loads(process.stdout)
    except subprocess.TimeoutExpired:
        yield Examined(
            "torch", "problem", f"the import took more than {_TIMEOUT_S} s", "pip install --force-reinstall torch"
        )
        return
    except ValueError:
        reason = (process.stderr.strip().splitlines() or ["no message"])[-1]
        yield Examined("torch", "problem", f"cannot be used: {reason}", "pip install --force-reinstall torch")
        return
    built_for = f"CUDA {found['cuda']}" if found["cuda"] else "the CPU"
    yield Examined("torch", "ok", f"{found['torch']}, built for {built_for}")
    yield _gpu(found)


def _gpu(found: dict[str, Any]) -> Examined:
    if not found["devices"]:
        fact = "no CUDA device; submissions run on the CPU, and the server's memory rule cannot be tested"
        driver = "; nvidia-smi shows whether the driver works" if shutil.which("nvidia-smi") else ""
        return Examined("GPU", "note", fact, f"use --device cpu, or a machine with a GPU{driver}")
    name, n_bytes = max(found["devices"], key=lambda device: device[1])
    fact = f"{name}, {n_bytes / _GB:.1f} GB; the server has a GPU with {_SERVER_GPU_GB} GB"
    if n_bytes < _SERVER_GPU_GB * _GB:
        return Examined("GPU", "note", fact, "a net that needs more than this GPU has may still fit on the server")
    return Examined("GPU", "ok", f"{fact}: a net that fits here may need more than the server has")


def examine_disk() -> Iterator[Examined]:
    """Look at the free space of the cache and of the temporary folder, and try to write there."""
    cache, temporary = cache_folder(), Path(tempfile.gettempdir())
    for name, folder, remedy in (
        ("cache", cache, CACHE_HINT),
        ("temporary folder", temporary, "set TMPDIR to another folder"),
    ):
        try:
            require_writable(folder)
        except OutputError as error:
            yield Examined(name, "problem", str(error), remedy)
            continue
        yield _space(name, folder, remedy)


def _space(name: str, folder: Path, remedy: str) -> Examined:
    free = shutil.disk_usage(folder).free / _GB
    fact = f"{folder}, {free:,.1f} GB free"
    if name == "cache":
        fact += f"; its entries take {sum(entry.n_bytes for entry in entries(folder)) / _GB:,.1f} GB"
    if free < _LEAST_GB:
        prune = "subpack cache prune removes entries" if name == "cache" else "free some space"
        return Examined(name, "problem", f"{fact}; at least {_LEAST_GB} GB is needed", f"{prune}, or {remedy}")
    if name == "cache" and free < _REPLICA_GB:
        return Examined(name, "note", f"{fact}; a replica of the server needs {_REPLICA_GB} GB", remedy)
    return Examined(name, "ok", fact)
