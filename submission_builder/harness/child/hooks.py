"""What lies round the submission: what it cannot import, and what it reaches for."""

import importlib.abc
import sys
from pathlib import Path
from typing import Any

from failure import Failure

HIDDEN = ("submission_builder", "model_zoo")


class HiddenPackages(importlib.abc.MetaPathFinder):
    """Make packages unimportable that the server does not have."""

    def find_spec(self, fullname: str, *_: object) -> None:
        """Refuse our own packages."""
        if fullname.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {fullname!r}: the server does not have it", name=fullname)


class AuditHook:
    """Notes what a score does not show: attempts on the network, and which files of the submission are opened."""

    def __init__(self, folder: str) -> None:
        self.attempts: list[str] = []
        self.challenge = 0
        self.opened: dict[int, list[str]] = {}
        self.folder = Path(folder).resolve()
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: "tuple[Any, ...]") -> None:
        """Hear of an event of the interpreter."""
        if event == "socket.getaddrinfo":
            self.note(f"{arguments[0]}:{arguments[1]}")
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            self.note(f"{arguments[1][0]}:{arguments[1][1]}")
        elif event == "open" and isinstance(arguments[0], str):
            self.note_file(Path(arguments[0]).resolve())

    def note_file(self, path: Path) -> None:
        """Keep each file of the submission once for each challenge."""
        opened = self.opened.setdefault(self.challenge, [])
        if path.is_relative_to(self.folder) and (name := path.relative_to(self.folder).as_posix()) not in opened:
            opened.append(name)

    def note(self, where: str) -> None:
        """Keep each place once."""
        if where not in self.attempts:
            self.attempts.append(where)

    def explain(self, failure: Failure) -> Failure:
        """Name the likely cause of a failure, if the submission reached out before it."""
        if not self.attempts or failure.outcome not in ("crashed", "import_error"):
            return failure
        reached = ", ".join(self.attempts)
        return Failure("network_attempt", f"the submission reached for the network ({reached}); then: {failure}")
