"""HTTP: requests with bounded replies, patience with a server that fails for a moment, and no secret in any message."""

from __future__ import annotations

import logging
import re
import time
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from submission_builder.base.errors import CodabenchError, UnreachableError
from submission_builder.base.json_text import UndecodableError, decode_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.codabench.token import Token

MOST_BYTES = 8 << 20
"""Of a reply; a longer one is refused."""

MOST_LOG_BYTES = 4 << 20
"""Of a log; the end of a longer one is left out."""

_TIMEOUT_S = (15, 60)
_UPLOAD_TIMEOUT_S = (15, 600)
_PAUSES_S = (1, 2, 4, 8, 16)
_MOMENTARY = (429, 500, 502, 503, 504)
"""Statuses of a server, or a proxy before it, that may answer the same request a moment later."""

_OK, _REDIRECT, _BAD_REQUEST, _UNAUTHORIZED, _TOO_MANY = 200, 300, 400, 401, 429
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SHOWN_CHARS = 500
_SIGNED = re.compile(r"((?:Signature|Credential|Security-Token)=)[^\s&'\"<>]+")
_LOGGED_QUERY = re.compile(r"\?[^\s'\"<>]+")
_QUERY = re.compile(r"(https?://[^\s?'\"<>]+)\?[^\s'\"<>]+")


class _WithoutQueries(logging.Filter):
    """Take the queries of addresses, which hold signatures, out of what urllib3 logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record, and admit it."""
        record.msg, record.args = _LOGGED_QUERY.sub("?…", record.getMessage()), None
        return True


_FILTER = _WithoutQueries()


class StatusError(CodabenchError):
    """The server refused a request; `status` is its HTTP status."""

    def __init__(self, message: str, *, status: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Connection:
    """A server and the token for it.

    Parameters
    ----------
    server
        Address, such as ``https://www.codabench.org``.
    token
        Sent to this server alone; None sends none.
    pause
        Waits so many seconds.

    Raises
    ------
    CodabenchError
        If the address is not one of the web, or would send the token without encryption to another machine.
    """

    def __init__(self, server: str, token: Token | None, pause: Callable[[float], None] = time.sleep) -> None:
        _require_private(server)
        logging.getLogger("urllib3.connectionpool").addFilter(_FILTER)
        self.server, self._token, self._pause = server.rstrip("/"), token, pause
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "subpack"

    def get(self, path: str, *, patient: bool = True) -> Any:
        """Return the JSON of a reply; a patient call repeats a request that fails for a moment.

        Raises
        ------
        UnreachableError
            If the server does not reply, or a proxy replies for it.
        StatusError
            If the server refuses the request.
        CodabenchError
            If the reply is too long or no JSON.
        """
        for pause in (*_PAUSES_S, None) if patient else (None,):
            try:
                return self._json("GET", path)
            except UnreachableError:
                if pause is None:
                    raise
                self._pause(pause)
        raise AssertionError("the last attempt returns or raises")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON, once: a request that may have arrived is never repeated.

        Raises
        ------
        UnreachableError
            If there is no reply; the server may have done what was asked.
        StatusError
            If the server refuses the request.
        CodabenchError
            If the reply is too long or no JSON.
        """
        return self._json("POST", path, body)

    def put(self, address: str, file: IO[bytes]) -> int:
        """Upload a file in one piece to a signed address, and return the HTTP status.

        The type of the content is a part of the signature. The token is not sent to the storage.

        Raises
        ------
        UnreachableError
            If there is no reply.
        """
        headers = {"Content-Type": "application/zip"}
        reply = self._send("PUT", address, data=file, headers=headers, timeout=_UPLOAD_TIMEOUT_S, what="the upload")
        with reply:
            return reply.status_code

    def download(self, address: str) -> bytes:
        """Return a file at a signed address, or its beginning if it is long.

        Raises
        ------
        UnreachableError
            If there is no reply.
        StatusError
            If the address has expired or is refused.
        """
        what = "the download of a log"
        with self._send("GET", address, timeout=_TIMEOUT_S, what=what) as reply:
            if reply.status_code in _MOMENTARY:
                raise UnreachableError(f"{what} failed: {_of(address)} replied with status {reply.status_code}")
            if reply.status_code != _OK:
                raise StatusError(f"{what} is refused with status {reply.status_code}", status=reply.status_code)
            return _read(reply, MOST_LOG_BYTES, what, whole=False)

    def _json(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Accept": "application/json"} | ({"Authorization": self._token.header()} if self._token else {})
        what = f"{method} {path}"
        address = f"{self.server}{path}"
        with self._send(method, address, json=body, headers=headers, timeout=_TIMEOUT_S, what=what) as reply:
            status, content = reply.status_code, _read(reply, MOST_BYTES, what)
        if status in _MOMENTARY and not (method == "POST" and status == _TOO_MANY):
            raise UnreachableError(f"{_of(address)} replied to {what} with status {status}")
        if status >= _REDIRECT:
            raise self._refusal(what, status, content)
        try:
            return decode_json(content)
        except UndecodableError as error:
            message = f"the reply to {what} is no JSON, but begins with {content[:40]!r}: {error}"
            raise CodabenchError(message, hint="--site names the address of Codabench") from None

    def _send(self, method: str, address: str, *, what: str, **options: Any) -> requests.Response:
        try:
            return self._session.request(method, address, stream=True, allow_redirects=False, auth=_no_netrc, **options)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            reason = "it did not reply in time" if isinstance(error, requests.Timeout) else _reason(error)
            raise UnreachableError(f"{_of(address)} cannot be reached for {what}: {reason}") from None
        except requests.RequestException as error:
            raise CodabenchError(f"{_of(address)} cannot be used for {what}: {type(error).__name__}") from None

    def _refusal(self, what: str, status: int, content: bytes) -> StatusError:
        said = self.without_secrets(_said(content))
        message = f"Codabench refused {what} with status {status}{f': {said}' if said else ''}"
        hint = None
        if status < _BAD_REQUEST:
            hint = "--site names the address of Codabench, as the browser shows it"
        elif status == _UNAUTHORIZED and self._token:
            hint = f"the token in {self._token.source} is not valid; `subpack submit --help` says how to get one"
        return StatusError(message, status=status, hint=hint)

    def without_secrets(self, text: str) -> str:
        """Return a text without the token and without signatures, which the queries of addresses hold."""
        text = _SIGNED.sub(r"\1…", _QUERY.sub(r"\1?…", text))
        return self._token.hidden_in(text) if self._token else text


def _require_private(server: str) -> None:
    parts = urlsplit(server)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise CodabenchError(f"{server} is no address that a token can be sent to; https://… is expected")


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authenticate in no way of its own: requests would read the user's .netrc."""
    return request


def _read(reply: requests.Response, most: int, what: str, *, whole: bool = True) -> bytes:
    content = bytearray()
    try:
        for block in reply.iter_content(1 << 16):
            content += block
            if len(content) > most:
                if whole:
                    raise CodabenchError(f"the reply to {what} is longer than {most >> 20} MiB")
                return bytes(content[:most])
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise UnreachableError(f"the connection was cut during {what}: {_reason(error)}") from None
    return bytes(content)


def _reason(error: Exception) -> str:
    """Return a reason without addresses, which can hold signatures."""
    text = str(error)
    known = {
        "name resolution": "its name cannot be resolved; is this machine online?",
        "Name or service not known": "its name cannot be resolved; is this machine online?",
        "nodename nor servname": "its name cannot be resolved; is this machine online?",
        "Connection refused": "it refused the connection",
        "CERTIFICATE": "its certificate cannot be verified",
        "unreachable": "the network is unreachable",
        "proxy": "the proxy cannot be reached",
    }
    return next((reason for words, reason in known.items() if words in text), "the connection was cut")


def _of(address: str) -> str:
    """Return scheme and host of an address."""
    return "/".join(address.split("?", maxsplit=1)[0].split("/")[:3])


def _said(content: bytes) -> str:
    """Return what a refusal says, in one line."""
    try:
        found = decode_json(content)
    except UndecodableError:
        return ""
    return " ".join(_texts(found))[:_SHOWN_CHARS]


def _texts(found: Any, depth: int = 4) -> list[str]:
    if isinstance(found, str):
        return [" ".join(found.split())]
    if depth and isinstance(found, dict):
        parts = {key: " ".join(_texts(value, depth - 1)) for key, value in found.items()}
        return [
            text if key in ("detail", "non_field_errors", "reason") else f"{key}: {text}" for key, text in parts.items()
        ]
    if depth and isinstance(found, list):
        return [text for one in found[:20] for text in _texts(one, depth - 1)]
    return []
