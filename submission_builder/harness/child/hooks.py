"""Hooks on the interpreter: which packages the submission cannot import, and which hosts and files it accesses."""

import importlib.abc
import os
import sys
from pathlib import Path
from typing import Any

from failure import Failure

CACHE = "__pycache__"  # Python itself writes there
WRITES = os.O_WRONLY | os.O_RDWR
HIDDEN = ("submission_builder", "model_zoo")


class HiddenPackages(importlib.abc.MetaPathFinder):
    """Makes our packages unimportable, because the server does not have them."""

    def find_spec(self, fullname: str, *_: object) -> None:
        """Raise ModuleNotFoundError for a module of our packages."""
        if fullname.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {fullname!r}: the server does not have it", name=fullname)


class AuditHook:
    """Records the hosts that the submission contacts, its files that it opens or writes, and the last pickled name."""

    def __init__(self, folder: str) -> None:
        self.hosts: list[str] = []
        self.challenge = 0
        self.opened: dict[int, list[str]] = {}
        self.written: list[str] = []
        self.unpickled: tuple[str, str] | None = None
        self.folder = Path(folder).resolve()
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: "tuple[Any, ...]") -> None:
        """Record an audit event of the interpreter."""
        if event == "socket.getaddrinfo":
            self.record_host(f"{arguments[0]}:{arguments[1]}")
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            self.record_host(f"{arguments[1][0]}:{arguments[1][1]}")
        elif event == "pickle.find_class":
            self.unpickled = (str(arguments[0]), str(arguments[1]))
        elif event == "open" and isinstance(arguments[0], str):
            self.record_file(Path(arguments[0]).resolve(), writes=bool(arguments[2] & WRITES))

    def record_file(self, path: Path, *, writes: bool) -> None:
        """Record a file of the submission, once per challenge, or a file that the submission writes beside its own."""
        if not path.is_relative_to(self.folder) or path.parent.name == CACHE:
            return
        name = path.relative_to(self.folder).as_posix()
        names = self.written if writes else self.opened.setdefault(self.challenge, [])
        if name not in names:
            names.append(name)

    def record_host(self, host: str) -> None:
        """Record a host once."""
        if host not in self.hosts:
            self.hosts.append(host)

    def explain(self, failure: Failure) -> Failure:
        """Return ``network_attempt`` in place of a failure that follows an attempt to use the network."""
        if not self.hosts or failure.outcome not in ("crashed", "import_error"):
            return failure
        hosts = ", ".join(self.hosts)
        message = f"the submission tried to use the network ({hosts}) and then failed: {failure}"
        return Failure("network_attempt", message)
