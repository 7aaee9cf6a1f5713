"""Two candidates for the server's image, each fact with its grade and its source.

The organisers published a package list whose versions do not work together, and later a lock file with another version
of torch. Which of the two the server has is not established, so a zip has to work under both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from submission_builder.base.errors import ServerError, did_you_mean
from submission_builder.server.facts import published_pins

Grade = Literal["published", "inferred", "unknown"]
"""``published`` by the organisers, ``inferred`` by us from what they published, or ``unknown``."""


@dataclass(frozen=True)
class Fact:
    """One fact about an image."""

    name: str
    value: str | None
    """None if the value is unknown."""
    grade: Grade
    source: str
    """Where the organisers published it, or what it was inferred from."""


@dataclass(frozen=True)
class Image:
    """A candidate for the server's image."""

    name: str
    """Name on the command line."""
    summary: str
    """One line."""
    replaced: tuple[Fact, ...]
    """Packages that the published list lacks, or has in another version."""
    own_facts: tuple[Fact, ...]
    """Facts that hold for this image only."""

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages in a replica, by name as published."""
        return published_pins() | {pin.name: pin.value for pin in self.replaced if pin.value}

    @property
    def torch(self) -> str:
        """Version of torch."""
        return self.versions["torch"]

    @property
    def requirements(self) -> list[str]:
        """Every package of a replica with its version, in the format of pip and uv."""
        libraries = Path(__file__).with_name(f"torch_{self.torch}.txt").read_text(encoding="utf-8")
        return [f"{name}=={version}" for name, version in self.versions.items()] + libraries.splitlines()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts about the image."""
        return (*self.own_facts, *self.replaced, *_COMMON)


_KIT = "package list of the start kit, 2025-10-11"
_LOCK = "the start kit's later lock file"
_PAGE = "competition page, February 2026"
_PROGRAM = "ingestion program v3, 2025-08-29, and the start kit's local_scoring.py"
_NEEDED = "not in the published list; eegdash 0.4.0 requires it"
_CUDA = "not in the published list; torch requires them on Linux"

_COMMON = (
    Fact("Python", "3.10", "published", _PAGE),
    Fact("container", "sylvchev/codalab-eeg2025:v14", "published", _PAGE),
    Fact("other packages", f"as published ({len(published_pins())} in all)", "published", _KIT),
    Fact("GPU memory", "20 GB", "published", _PAGE),
    Fact("batch size", "1", "published", _PROGRAM),
    Fact("folder of the zip", "/app/input/res", "published", "start kit, 2025-10-11; it changed three times"),
    Fact("working directory", "/app/program", "published", "Codabench's worker"),
    Fact("time limit", "more than 927 s", "inferred", "a final run of 927 s passed"),
    *(
        Fact(name, None, "unknown", "not published")
        for name in ("GPU model", "memory", "CPU count", "limit on the size of the zip", "network")
    ),
)

IMAGES = {
    image.name: image
    for image in (
        Image(
            "published",
            "the published package list with numpy 1.26.4, because the published version does not work with torch",
            replaced=(
                Fact("numpy", "1.26.4", "inferred", f"{_KIT} has 2.2.6; torch 2.2.2 works with numpy below 2 only"),
            ),
            own_facts=(
                Fact("torch", "2.2.2", "published", f"{_KIT}; whether the server has it is not established"),
                Fact(
                    "tensor.numpy() as published", "raises", "inferred", "tested: RuntimeError, Numpy is not available"
                ),
                Fact("CUDA libraries", "12.1", "inferred", _CUDA),
            ),
        ),
        Image(
            "lock",
            "the published package list with torch and eegdash of the later lock file",
            replaced=(
                Fact("torch", "2.8.0", "published", f"{_LOCK}; whether the server has it is not established"),
                Fact("eegdash", "0.4.0", "published", _LOCK),
                Fact("torchaudio", "2.8.0", "inferred", "built for torch 2.8.0"),
                Fact("rich", "14.1.0", "inferred", _NEEDED),
                Fact("markdown-it-py", "4.0.0", "inferred", f"{_NEEDED}, through rich"),
                Fact("mdurl", "0.1.2", "inferred", f"{_NEEDED}, through rich"),
                Fact("Pygments", "2.19.2", "inferred", f"{_NEEDED}, through rich"),
            ),
            own_facts=(
                Fact("tensor.numpy() as published", "works", "inferred", "torch 2.8.0 works with numpy 2"),
                Fact("CUDA libraries", "12.8", "inferred", _CUDA),
            ),
        ),
    )
}
"""Candidates by name."""


def find_image(name: str) -> Image:
    """Return an image by its name.

    Raises
    ------
    ServerError
        If the name is unknown.
    """
    if name not in IMAGES:
        message = f"server image {name!r} is unknown; available are: {', '.join(IMAGES)}"
        raise ServerError(message, hint=did_you_mean(name, IMAGES))
    return IMAGES[name]
