"""The ``.part`` file: the beginning of a file whose download is not finished.

Its name holds a digest of the object's ETag and size, so that bytes of two versions of an object never meet:
``NAME.DIGEST.part``. Bytes are appended in order, hence its size is where the next request begins. A killed process
leaves it as it is.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
from typing import TYPE_CHECKING, Self

from submission_builder.base.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from submission_builder.downloads.listing import RemoteFile

_SUFFIX = re.compile(r"\.[0-9a-f]{8}\.part")
_WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)  # file systems of some clusters


class Part:
    """An open ``.part`` file; only one process has it open.

    Parameters
    ----------
    target
        Final path of the file.
    remote
        The object.

    Raises
    ------
    OutputError
        If another process downloads the same file.
    """

    def __init__(self, target: Path, remote: RemoteFile) -> None:
        self.target, self.remote, self.path = target, remote, part_path(target, remote)
        self._fd = _open_locked(self.path)
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def read_back(self) -> None:
        """Continue where an earlier download ended; a file that is too long is begun again."""
        if os.fstat(self._fd).st_size > self.remote.size:
            self.clear()
        while block := os.read(self._fd, 1 << 20):
            self.md5.update(block)
            self.size += len(block)

    def append(self, block: memoryview) -> None:
        """Append bytes, which the caller adds to `md5`; what is written before an error stays a correct beginning."""
        while block:
            n = os.write(self._fd, block)
            self.size += n
            block = block[n:]

    def clear(self) -> None:
        """Begin again."""
        os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.size = 0

    def matches(self) -> bool:
        """Whether size and, where the ETag is one, MD5 are those of the object."""
        return self.size == self.remote.size and self.remote.md5 in (None, self.md5.hexdigest())

    def finish(self) -> None:
        """Give the file its name and the time of the object, which marks it as complete."""
        os.utime(self._fd, (self.remote.modified, self.remote.modified))
        self.path.replace(self.target)


def part_path(target: Path, remote: RemoteFile) -> Path:
    """Return the path of the ``.part`` of one version of an object."""
    version = f"{remote.etag or remote.modified} {remote.size}"
    return target.with_name(f"{target.name}.{hashlib.sha256(version.encode()).hexdigest()[:8]}.part")


def parts_of(target: Path) -> Iterator[Path]:
    """Yield the ``.part`` files of a file, of any version of its object."""
    with contextlib.suppress(FileNotFoundError):
        for path in target.parent.iterdir():
            if path.name.startswith(target.name) and _SUFFIX.fullmatch(path.name.removeprefix(target.name)):
                yield path


def _open_locked(path: Path) -> int:
    """Open a file and lock it; open it again if another process gave it another name in the meantime."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            _lock(fd, path)
            if _is_still(fd, path):
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _lock(fd: int, path: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(f"another process is downloading {path.name}", hint="wait until it has finished") from error
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise


def _is_still(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False
