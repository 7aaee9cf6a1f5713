"""What is known of the server's image: two candidates, each fact with its grade and its source.

The organisers printed a package list that cannot run as it stands, and later kept a lock file with another torch.
Which of the two the server has is not established, so a package must work under both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from submission_builder.base.errors import ServerError
from submission_builder.server.facts import printed_pins

Grade = Literal["published", "inferred", "unknown"]
"""``published`` by the organisers, ``inferred`` by us from what they published, or ``unknown``."""


@dataclass(frozen=True)
class Fact:
    """One thing about an image.

    Attributes
    ----------
    name, value
        What it is; no value where it is unknown.
    grade
        How it is known.
    source
        Where it stands, or what it was inferred from.
    """

    name: str
    value: str | None
    grade: Grade
    source: str


@dataclass(frozen=True)
class Image:
    """A candidate for the server's image.

    Attributes
    ----------
    name
        What the command line calls it.
    summary
        What it is, in a line.
    crosses_to_numpy
        Whether tensor↔numpy works under the packages *as printed*. It does under every replica, since one that
        cannot cross could not run the scorer either.
    replaced
        Packages whose version differs from the printed list, or that it lacks.
    own_facts
        What holds for this image alone.
    """

    name: str
    summary: str
    crosses_to_numpy: bool
    replaced: tuple[Fact, ...]
    own_facts: tuple[Fact, ...]

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the listed packages as a replica has them, by name as printed."""
        return printed_pins() | {pin.name: pin.value for pin in self.replaced if pin.value}

    @property
    def torch(self) -> str:
        """Version of torch."""
        return self.versions["torch"]

    @property
    def requirements(self) -> list[str]:
        """Every package that a replica holds, pinned, as pip and uv read them."""
        libraries = Path(__file__).with_name(f"torch_{self.torch}.txt").read_text(encoding="utf-8")
        return [f"{name}=={version}" for name, version in self.versions.items()] + libraries.splitlines()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Everything known of the image."""
        return (*self.own_facts, *self.replaced, *_COMMON)


_KIT = "package list of the start kit, 2025-10-11"
_LOCK = "the start kit's later lock file"
_PAGE = "competition page, February 2026"
_PROGRAM = "ingestion program v3, 2025-08-29, and the start kit's local_scoring.py"
_NEEDED = "not in the printed list; eegdash 0.4.0 asks for it"
_CUDA = "not in the printed list; torch's own metadata asks for them on Linux"

_COMMON = (
    Fact("Python", "3.10", "published", _PAGE),
    Fact("container", "sylvchev/codalab-eeg2025:v14", "published", _PAGE),
    Fact("other packages", f"as printed ({len(printed_pins())} in all)", "published", _KIT),
    Fact("GPU memory", "20 GB", "published", _PAGE),
    Fact("batch size", "1", "published", _PROGRAM),
    Fact("folder of the zip", "/app/input/res", "published", "start kit, 2025-10-11; it has moved three times"),
    Fact("working directory", "/app/program", "published", "Codabench's worker"),
    Fact("time limit", "more than 927 s", "inferred", "a final run of 927 s passed"),
    *(
        Fact(name, None, "unknown", "stated nowhere")
        for name in ("GPU model", "memory", "CPU count", "limit on the zip's size", "network")
    ),
)

IMAGES = {
    image.name: image
    for image in (
        Image(
            "published",
            "the package list as printed, but for numpy: as printed it cannot run",
            crosses_to_numpy=False,
            replaced=(
                Fact("numpy", "1.26.4", "inferred", f"{_KIT} has 2.2.6; torch 2.2.2 crosses to numpy below 2 alone"),
            ),
            own_facts=(
                Fact("torch", "2.2.2", "published", f"{_KIT}; that the server has it is not established"),
                Fact("tensor↔numpy as printed", "raises", "inferred", "tried: RuntimeError, Numpy is not available"),
                Fact("CUDA libraries", "12.1", "inferred", _CUDA),
            ),
        ),
        Image(
            "lock",
            "the package list with torch and eegdash of the later lock file",
            crosses_to_numpy=True,
            replaced=(
                Fact("torch", "2.8.0", "published", f"{_LOCK}; that the server has it is not established"),
                Fact("eegdash", "0.4.0", "published", _LOCK),
                Fact("torchaudio", "2.8.0", "inferred", "made for torch 2.8.0"),
                Fact("rich", "14.1.0", "inferred", _NEEDED),
                Fact("markdown-it-py", "4.0.0", "inferred", f"{_NEEDED}, through rich"),
                Fact("mdurl", "0.1.2", "inferred", f"{_NEEDED}, through rich"),
                Fact("Pygments", "2.19.2", "inferred", f"{_NEEDED}, through rich"),
            ),
            own_facts=(
                Fact("tensor↔numpy as printed", "works", "inferred", "torch 2.8.0 crosses to numpy 2"),
                Fact("CUDA libraries", "12.8", "inferred", _CUDA),
            ),
        ),
    )
}
"""Candidates by name."""


def find_image(name: str) -> Image:
    """Look an image up.

    Raises
    ------
    ServerError
        If there is none of that name.
    """
    if name not in IMAGES:
        raise ServerError(f"server image {name!r} is not known; there are: {', '.join(IMAGES)}")
    return IMAGES[name]
