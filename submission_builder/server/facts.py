"""Facts about the server that checks and replays use: names of files, limits, and importable modules.

Source of the modules: the package list of the start kit (eeg2025/startkit, 2025-10-11), in ``packages.txt`` beside this
file. :mod:`submission_builder.server.images` grades the versions.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from submission_builder.server.api.index import standard_modules

PYTHON = (3, 10)
"""Version of Python on the server."""

PYTHON_VERSION = ".".join(map(str, PYTHON))

ENTRY = "submission.py"
"""The file at the root of the zip that the server imports."""

TRAPS = ("metadata", "metadata.yaml")
"""Names of files at the root that make Codabench's worker treat a zip as a program."""

MOST_UNPACKED_BYTES = 20 << 30
"""A zip that unpacks to more is refused, although the server's limit is not public."""

TIME_LIMITS_S = (600, 927, 1200, 3600)
"""Times to which projections are compared: the server's limit is not public, but a final run of 927 s passed."""

CODABENCH = "https://www.codabench.org"
"""The server to which submissions are sent."""

COMPETITION = 9975
"""Number of the EEG Foundation Challenge 2025 on Codabench; its page is codabench.org/competitions/9975."""

_LIST = Path(__file__).with_name("packages.txt")

_NAMES = {
    "attrs": ("attr", "attrs"),
    "cffi": ("cffi", "_cffi_backend"),
    "dnspython": ("dns",),
    "fonttools": ("fontTools",),
    "matplotlib": ("matplotlib", "mpl_toolkits", "pylab"),
    "pillow": ("PIL",),
    "pybids": ("bids",),
    "pymongo": ("pymongo", "bson", "gridfs"),
    "python-dateutil": ("dateutil",),
    "python-dotenv": ("dotenv",),
    "pytorch-lightning": ("pytorch_lightning", "lightning_fabric"),
    "pyyaml": ("yaml",),
    "scikit-learn": ("sklearn",),
    "setuptools": ("setuptools", "pkg_resources"),
    "torch": ("torch", "torchgen", "functorch", "triton"),  # triton by torch's own metadata for Linux
    "torchaudio": ("torchaudio", "torio"),
    "universal-pathlib": ("upath",),
}
"""Packages whose modules have other names than the package."""


@functools.cache
def published_pins() -> dict[str, str]:
    """Return the versions in the start kit's package list, by package."""
    return dict(line.split("==") for line in _LIST.read_text(encoding="utf-8").split())


def is_page(name: str) -> bool:
    """Whether the worker may publish an entry of the zip as the result page: an HTML file at the root."""
    return "/" not in name and name.lower().endswith((".html", ".htm"))


@functools.cache
def server_modules() -> frozenset[str]:
    """Return the top-level modules that can be imported on the server, including the standard library."""
    return standard_modules() | _packages().keys()


def package_of(module: str) -> str | None:
    """Return the package of the server that provides a top-level module; None for the standard library."""
    return _packages().get(module)


@functools.cache
def _packages() -> dict[str, str]:
    """Return the packages of the server by each top-level module that they provide."""
    names = [re.sub(r"[-_.]+", "-", name.lower()) for name in published_pins()]
    return {module: name for name in names for module in _NAMES.get(name, (name.replace("-", "_"),))}
