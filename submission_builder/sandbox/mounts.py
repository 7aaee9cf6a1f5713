"""What of this machine a child sees at level ``namespace``: what an interpreter needs, and what is masked there.

A prefix, a home or a system folder can hold anything, also labels. So none of them is bound as a whole: only programs,
headers, shared libraries, the standard library and the folders of packages are.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from submission_builder.sandbox.interpreter import Interpreter

MOST_MOUNTS = 300
"""Largest number of files that are mounted one by one; more take longer than a tenth of a second."""

_SYSTEM = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/include")
_ROOT = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
_SHARED = ("zoneinfo", "locale", "terminfo", "fonts", "ca-certificates", "mime", "misc", "gcc", "crypto-policies")
_SETTINGS = (
    *("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "python3*", "fonts"),
    *("passwd", "group", "nsswitch.conf", "hosts", "host.conf", "resolv.conf", "gai.conf", "services", "protocols"),
    *("ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/tls/openssl.cnf", "pki/ca-trust/extracted"),
    *("crypto-policies", "mime.types", "magic", "OpenCL", "os-release", "debian_version"),
)
_PARTS = ("bin", "include", "libexec", "pyvenv.cfg", "cuda*", "*-conda-linux-gnu")
_PACKAGES = ("site-packages", "dist-packages")
_OUR_NAMES = ("submission_builder", "model_zoo")
_OURS = [Path(__file__).parents[2] / name for name in _OUR_NAMES]
_READ_BY_LIBRARIES = frozenset(
    (
        *("cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems", "cgroups", "swaps", "vmstat"),
        *("self", "thread-self", "mounts", "net", "sys"),
    )
)
_READ_BY_THE_DRIVER = frozenset(("driver", "devices", "modules"))
_MOST_LISTED = 200


@dataclass(frozen=True)
class View:
    """What a child sees of this machine, beside the system and the interpreter."""

    hidden: tuple[Path, ...] = ()
    """Files and folders that are masked wherever they would be visible: releases, the cache. The user's home and our
    packages are always masked."""
    gpu: bool = False
    """Whether the devices of the NVIDIA driver are visible."""


def visible_paths(interpreter: Interpreter) -> dict[str, Path]:
    """Return the files and folders that are bound read-only, each at its own path, with what they resolve to."""
    return _visible_paths((*interpreter.library_folders, *interpreter.package_folders), interpreter.prefixes)


@functools.cache
def _visible_paths(python: tuple[str, ...], prefixes_of_python: tuple[str, ...]) -> dict[str, Path]:
    prefixes = [*map(Path, prefixes_of_python), Path("/usr/local")]
    wanted: list[Path] = [Path(path) for path in (*_ROOT, *_SYSTEM)]
    wanted += [path for name in _SETTINGS for path in Path("/etc").glob(name)]
    wanted += [Path("/usr/share", name) for name in _SHARED]
    wanted += map(Path, python)
    wanted += [path for prefix in prefixes for part in _PARTS for path in prefix.glob(part)]
    links, bound = system_links(), list[str]()
    for path in wanted:
        if path.exists() and str(path) not in links and not _is_below(path, bound):
            bound.append(str(path))
    for folder in (*_library_folders(), *(prefix / name for prefix in prefixes for name in ("lib", "lib64"))):
        if folder.is_dir() and not _is_below(folder.parent.resolve() / folder.name, bound):
            bound += [str(path) for path in _shared_libraries(folder)]
    return {path: Path(path).resolve() for path in bound}


def system_links() -> dict[str, str]:
    """Return the system folders that are links, such as ``/lib`` to ``usr/lib``, with their targets."""
    return {path: str(Path(path).readlink()) for path in (*_ROOT, *_SYSTEM) if Path(path).is_symlink()}


def masked_paths(interpreter: Interpreter, view: View) -> list[str]:
    """Return the paths inside that have to be covered, because what has to be hidden lies in what is bound."""
    found = set()
    for hidden in {path.resolve() for path in (*_hidden(interpreter, view), *_unused_packages(interpreter))}:
        for inside, outside in visible_paths(interpreter).items():
            if outside in hidden.parents:
                found.add(str(Path(inside, hidden.relative_to(outside))))
    return sorted(found)


def invisible_paths(interpreter: Interpreter, view: View, mounted: Iterable[str]) -> list[str]:
    """Return paths that must not exist for the child: what is hidden, or its contents without those that are bound.

    Parameters
    ----------
    interpreter, view
        The Python and the view of the child.
    mounted
        Further paths that exist for the child.
    """
    exist = [Path(path) for path in (*visible_paths(interpreter), *mounted)]
    listed = (path for hidden in _hidden(interpreter, view) for path in _contents(hidden))
    return [str(path) for path in listed if not any(one == path or path in one.parents for one in exist)]


def hidden_proc_entries(view: View) -> list[str]:
    """Return the entries of /proc that neither Python nor torch reads; the processes themselves stay."""
    shown = _READ_BY_LIBRARIES | (_READ_BY_THE_DRIVER if view.gpu else frozenset())
    return [str(one) for one in sorted(Path("/proc").iterdir()) if one.name not in shown and not one.name.isdigit()]


def _hidden(interpreter: Interpreter, view: View) -> list[Path]:
    ours = [*_OURS, *(Path(folder, name) for folder in interpreter.package_folders for name in _OUR_NAMES)]
    return [path for path in (*view.hidden, Path(os.path.expanduser("~")), *ours) if path.exists()]  # noqa: PTH111


def _unused_packages(interpreter: Interpreter) -> list[Path]:
    """Return folders of packages within the standard library that the interpreter does not import from."""
    used = {Path(folder).resolve() for folder in interpreter.package_folders}
    folders = [Path(library, name) for library in interpreter.library_folders for name in _PACKAGES]
    return [folder for folder in folders if folder.is_dir() and folder.resolve() not in used]


def _contents(path: Path) -> list[Path]:
    """Return a file, or the files of a folder and some of its folders."""
    if not path.is_dir():
        return [path]
    return sorted(path.iterdir(), key=lambda one: (one.is_dir(), one.name))[:_MOST_LISTED]


def _shared_libraries(folder: Path) -> list[Path]:
    """Return the shared libraries in a folder; the folder itself if there are too many, as in a conda environment."""
    files = [path for path in folder.iterdir() if ".so" in path.name and path.is_file()]
    return files if len(files) <= MOST_MOUNTS else [folder]


def _library_folders() -> Iterator[Path]:
    """Yield the folders in which the dynamic linker searches."""
    for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":"):
        if folder.startswith("/"):
            yield Path(folder)
    for settings in Path("/etc/ld.so.conf.d").glob("*.conf"):
        for line in settings.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("/"):
                yield Path(line.strip())


def _is_below(path: Path, folders: Iterable[str]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
