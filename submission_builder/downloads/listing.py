"""The files of a release on the server, and the folders that a user probably meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from submission_builder.base.errors import DownloadError
from submission_builder.downloads.failures import explained_listing
from submission_builder.downloads.site import BUCKET, ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obstore import ObjectMeta
    from obstore.store import S3Store

    from submission_builder.downloads.site import ReleaseAddress

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_NEAR = 3


@dataclass(frozen=True)
class RemoteFile:
    """A file of a release on the server."""

    key: str
    """Path in the bucket."""
    path: PurePosixPath
    """Path in the folder of the release."""
    size: int
    """Size in bytes."""
    modified: float
    """Time of the last change on the server, in s since the epoch."""
    etag: str | None
    """Identifier of the content, with its quotation marks; None if the server gives none."""

    @property
    def md5(self) -> str | None:
        """MD5 of the content; None if the ETag is none, as for an object that was uploaded in parts (``…-12``)."""
        match = _MD5.fullmatch(self.etag or "")
        return match[1] if match else None


def list_release(bucket: S3Store, address: ReleaseAddress, server: str) -> tuple[RemoteFile, ...]:
    """List the files of a release: those of the release itself first, then by subject.

    Parameters
    ----------
    bucket
        The bucket.
    address
        The release.
    server
        Address of the server, for messages.

    Raises
    ------
    DownloadError
        If there is no such folder, or the server cannot be reached.
    """
    import obstore  # noqa: PLC0415 - loads the binary library

    with explained_listing(str(address), server):
        metas = [meta for page in obstore.list(bucket, prefix=address.prefix) for meta in page]
    files = [remote_file(meta, address) for meta in metas if not meta["path"].endswith("/")]
    if not files:
        raise _no_such_release(bucket, address, server)
    return tuple(sorted(files, key=lambda file: (len(file.path.parts) > 1, file.path)))


def remote_file(meta: ObjectMeta, address: ReleaseAddress) -> RemoteFile:
    """Describe an object of a release.

    Raises
    ------
    DownloadError
        If its name would lead out of the folder of the release.
    """
    path = PurePosixPath(meta["path"]).relative_to(address.prefix)
    if not path.parts or ".." in path.parts or "\0" in str(path):
        raise DownloadError(f"{address} lists the name {meta['path']!r}, which is no path in a folder")
    return RemoteFile(meta["path"], path, meta["size"], meta["last_modified"].timestamp(), meta["e_tag"])


def _no_such_release(bucket: S3Store, address: ReleaseAddress, server: str) -> DownloadError:
    """Say which folders there are, and which of them is near."""
    import obstore  # noqa: PLC0415 - loads the binary library

    with explained_listing(f"s3://{BUCKET}/{address.root}", server):
        folders = _names(obstore.list_with_delimiter(bucket, prefix=address.root)["common_prefixes"])
        if folders:
            names = ", ".join(sorted(folders, key=_in_order))
            return DownloadError(
                f"{address} does not exist; the releases there are {names}", hint=_near(address.name, folders)
            )
        roots = _names(obstore.list_with_delimiter(bucket)["common_prefixes"])
    fact = f"the folder s3://{BUCKET}/{address.root} does not exist on {server}"
    holds = f"; the folders there are {', '.join(sorted(roots))}" if roots else ""
    near = get_close_matches(address.root, roots, n=1) or ([ROOT] if ROOT in roots else [])
    return DownloadError(fact + holds, hint=f"did you mean {near[0]}/{address.name}?" if near else None)


def _names(prefixes: Sequence[str]) -> list[str]:
    return [PurePosixPath(prefix).name for prefix in prefixes]


def _near(name: str, folders: list[str]) -> str | None:
    by_lower = {folder.lower(): folder for folder in folders}
    near = [by_lower[one] for one in get_close_matches(name.lower(), by_lower, n=_NEAR)]
    near = [folder for folder in near if _digits(folder) == _digits(name)] or near
    return f"did you mean {' or '.join(sorted(near, key=_in_order))}?" if near else None


def _in_order(name: str) -> tuple[bool, list[int], str]:
    """Sort R2 before R10, and the full releases before the small ones."""
    return "mini" in name, _digits(name), name


def _digits(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", name)]
