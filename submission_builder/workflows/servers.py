"""List, show, install and remove replicas of the server."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from submission_builder.base.cache import cache_folder
from submission_builder.server import replica as replicas
from submission_builder.server.facts import PYTHON_VERSION
from submission_builder.server.images import IMAGES, Image, find_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from submission_builder.server.replica import InstallPlan, Replica


@dataclass(frozen=True)
class ServerImage:
    """A candidate for the server's image, and its replica on this machine."""

    image: Image
    replica: Replica | None
    """None if it is not installed."""

    @property
    def executable(self) -> Path | None:
        """Path of the replica's Python."""
        return self.replica.interpreter.executable if self.replica else None

    def to_dict(self) -> dict[str, Any]:
        """Return name, versions, facts with their sources, and the path of the replica's Python."""
        return {
            "image": self.image.name,
            "summary": self.image.summary,
            "torch": self.image.torch,
            "facts": [asdict(fact) for fact in self.image.facts],
            "replica": str(self.executable) if self.executable else None,
        }


@dataclass(frozen=True)
class ServerList:
    """All candidates for the server's image."""

    servers: tuple[ServerImage, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the candidates as a list."""
        return {"servers": [server.to_dict() for server in self.servers]}


@dataclass(frozen=True)
class InstalledServer:
    """The result of an installation."""

    server: ServerImage
    existed: bool
    """Whether the replica had been installed before."""

    def to_dict(self) -> dict[str, Any]:
        """Return the image, and whether its replica had been installed before."""
        return {"server": self.server.to_dict(), "existed": self.existed}


@dataclass(frozen=True)
class RemovedServer:
    """The result of a removal."""

    image: str

    def to_dict(self) -> dict[str, Any]:
        """Return the name of the image."""
        return {"image": self.image}


@dataclass(frozen=True)
class InstallNotice:
    """What an installation is about to do."""

    plan: InstallPlan

    @property
    def wanted_python(self) -> str:
        """Version of Python on the server, such as ``3.10``."""
        return PYTHON_VERSION

    @property
    def other_python(self) -> bool:
        """Whether the replica gets another version of Python than the server has."""
        return not self.plan.python.python.startswith(f"{self.wanted_python}.")


def list_servers() -> ServerList:
    """Return all candidates for the server's image, and which replicas are installed."""
    return ServerList(tuple(map(_status, IMAGES.values())))


def show_server(image: str) -> ServerImage:
    """Return the facts about an image.

    Raises
    ------
    ServerError
        If the image is unknown.
    """
    return _status(find_image(image))


def install_server(image: str, *, announce: Callable[[InstallNotice], None] | None = None) -> InstalledServer:
    """Install the replica of an image in the cache.

    Parameters
    ----------
    image
        Name of the image.
    announce
        Called before the installation starts; not called if the replica is installed already.

    Raises
    ------
    ServerError
        If the image is unknown or the installation fails.
    OutputError
        If the cache cannot be written to.
    """
    found = _status(find_image(image))
    if found.replica:
        return InstalledServer(found, existed=True)
    plan = replicas.plan_install(found.image, cache_folder())
    if announce:
        announce(InstallNotice(plan))
    return InstalledServer(ServerImage(found.image, replicas.install(plan)), existed=False)


def remove_server(image: str) -> RemovedServer:
    """Delete the replica of an image, and the files of interrupted installations.

    Raises
    ------
    ServerError
        If the image is unknown or its replica is not installed.
    """
    replicas.remove(find_image(image), cache_folder())
    return RemovedServer(image)


def _status(image: Image) -> ServerImage:
    return ServerImage(image, replicas.installed_replica(image, cache_folder()))
