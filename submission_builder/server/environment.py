"""The Python that ran a submission, with its packages, and how it differs from the server's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from submission_builder.server.facts import PYTHON_VERSION
from submission_builder.server.images import IMAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN = ("torch", "numpy")
"""Packages that a line of text names."""


@dataclass(frozen=True)
class Environment:
    """The Python and the packages of a run."""

    python: str
    """Version of Python."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Version of each noted package that is installed."""
    image: str | None = None
    """The server image whose replica ran the submission; None for any other Python."""

    def __str__(self) -> str:
        """Name the versions of Python, torch and numpy."""
        *first, last = [f"Python {self.python}", *(f"{n} {self.packages[n]}" for n in _SHOWN if n in self.packages)]
        return f"{', '.join(first)} and {last}" if first else last

    @property
    def torch(self) -> str | None:
        """Version of torch; None if it is not installed."""
        return self.packages.get("torch")

    def caveat(self) -> str:
        """Name the versions, and those of the server."""
        return f"the submission ran under {self}; {self.of_the_server()}"

    def of_the_server(self) -> str:
        """Name the server's versions where they differ from these, as far as the server is known."""
        either = [image.torch for image in IMAGES.values()]
        if self.python.startswith(f"{PYTHON_VERSION}.") and str(self.torch).partition("+")[0] in either:
            return f"whether the server has torch {' or '.join(either)} is not established"
        pairs = ", or ".join(f"torch {image.torch} with numpy {image.versions['numpy']}" for image in IMAGES.values())
        return f"the server has Python {PYTHON_VERSION} and {pairs} (--server runs a replica)"

    def to_dict(self) -> dict[str, Any]:
        """Return image and versions, as ``check`` and ``evaluate`` write them in JSON."""
        return {
            "image": self.image,
            "python": self.python,
            "torch": self.torch,
            "packages": dict(self.packages),
        }
