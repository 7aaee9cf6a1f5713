"""What the server takes and what can be imported there: the kit's 107 packages under Python 3.10.

Source: the package list of the start kit (2025-10-11), kept beside this file. What is known of the versions, and
how well, stands in :mod:`submission_builder.server.images`.
"""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path

PYTHON = (3, 10)
"""Version of Python on the server."""

ENTRY = "submission.py"
"""What the server imports, from the root of the zip."""

TRAPS = ("metadata", "metadata.yaml")
"""Files at the root that make the worker take a zip for a program."""

PAGES = (".html", ".htm")
"""Ends of names at the root that the worker may publish as the result page."""

TIME_LIMITS_S = (600, 927, 1200, 3600)
"""Marks for the time of a run: the server's limit is not public, but a final run of 927 s is known to have passed."""

_LIST = Path(__file__).with_name("packages.txt")

_NAMES = {
    "attrs": ("attr", "attrs"),
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
    "torch": ("torch", "torchgen", "functorch"),
    "universal-pathlib": ("upath",),
}
"""Packages whose modules are not named as the package is."""

_ONLY_IN_3_10 = {"asynchat", "asyncore", "binhex", "distutils", "imp", "smtpd"}
_SINCE_3_11 = {"tomllib", "compression", "annotationlib"}


def printed_pins() -> dict[str, str]:
    """Versions in the kit's list by package, both as printed there."""
    return dict(line.split("==") for line in _LIST.read_text(encoding="utf-8").split())


@functools.cache
def server_modules() -> frozenset[str]:
    """Top-level modules that an import on the server finds, the standard library among them."""
    packages = [re.sub(r"[-_.]+", "-", name.lower()) for name in printed_pins()]
    modules = {module for name in packages for module in _NAMES.get(name, (name.replace("-", "_"),))}
    return frozenset(modules | (sys.stdlib_module_names | _ONLY_IN_3_10) - _SINCE_3_11)
