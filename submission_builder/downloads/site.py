"""Where the organisers store the releases, and how their folders are named.

Source: the download command of the competition site, and eegdash 0.3.8, which reads the same bucket. The prose of the
site once writes ``NeurIPS2025``; the folder is ``NeurIPS25``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from submission_builder.base.errors import DownloadError

if TYPE_CHECKING:
    from obstore.store import S3Store

BUCKET = "nmdatasets"
ROOT = "NeurIPS25"
"""Folder of the bucket that holds the releases."""
REGION = "us-east-2"
"""Region of the bucket, as eegdash 0.3.8 gives it."""
ENDPOINT = f"https://s3.{REGION}.amazonaws.com"
"""Address of the server that holds the bucket."""

_SHORT = re.compile(r"(?:R|release)?[ _-]?(\d+)([ _-]?mini)?", re.IGNORECASE)
_CONNECT_S = 10
_LONGEST_REQUEST = timedelta(days=7)  # a stalled request ends by the read timeout
_REQUEST_RETRIES = 2  # within one request; longer interruptions are the transfer's


@dataclass(frozen=True)
class ReleaseAddress:
    """The folder of a release in the bucket."""

    root: str
    """Folder that holds the releases."""
    name: str
    """Name of the release's folder, such as ``R5_mini_L100_bdf``."""

    @property
    def prefix(self) -> str:
        """Path of the release in the bucket."""
        return f"{self.root}/{self.name}"

    def __str__(self) -> str:
        return f"s3://{BUCKET}/{self.prefix}"


def address_of(release: str, *, mini: bool) -> ReleaseAddress:
    """Return the address of a release.

    Parameters
    ----------
    release
        A number (``R5``, ``r5``, ``5``, ``R5_mini``), the name of a folder (``R5_L100_bdf``), or a path in the bucket
        (``NeurIPS25/R5_L100_bdf``).
    mini
        Whether a number means the release of 20 subjects.
    """
    root, _, name = release.strip("/").rpartition("/")
    short = _SHORT.fullmatch(name)
    if short:
        name = f"R{int(short[1])}{'_mini' if mini or short[2] else ''}_L100_bdf"
    return ReleaseAddress(root or ROOT, name)


def open_bucket(endpoint: str, stall_s: float) -> S3Store:
    """Open the bucket for anonymous reading.

    Parameters
    ----------
    endpoint
        Address of an S3 server that holds the bucket. It takes precedence over ``AWS_ENDPOINT_URL``.
    stall_s
        Time without a byte after which a request has failed, in s.

    Raises
    ------
    DownloadError
        If `endpoint` is not the address of a server.
    """
    from obstore.store import S3Store  # noqa: PLC0415 - loads the binary library

    _require_address(endpoint)
    return S3Store(
        BUCKET,
        region=REGION,
        endpoint=endpoint,
        skip_signature=True,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": endpoint.startswith("http:"),
            "connect_timeout": timedelta(seconds=_CONNECT_S),
            "read_timeout": timedelta(seconds=stall_s),
            "timeout": _LONGEST_REQUEST,
        },
        retry_config={"max_retries": _REQUEST_RETRIES},
    )


def _require_address(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise DownloadError(f"endpoint {endpoint!r} is not the address of a server; http[s]://HOST[:PORT] is expected")
