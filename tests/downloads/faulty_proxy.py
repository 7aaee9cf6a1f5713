"""A proxy before the S3 server that cuts, shortens, stalls, refuses and falsifies, and counts what it sends."""

import http.client
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

_BLOCK = 1 << 14
_SEND_BUFFER = 1 << 16
_DROPPED = (("range", "whole"), ("if-match", "unconditional"))
"""Headers of a request that a fault drops."""


@dataclass
class Fault:
    """What happens to one response."""

    kind: str = "none"
    """none, cut, shorten, stall, status, corrupt, other_etag, whole (without the range), unconditional."""
    after: int = 0
    """Bytes of the body that are sent before."""
    status: int = 503
    do: object = None
    """Called when the fault happens, to change the object on the server."""


@dataclass
class Request:
    """One request for an object, as the proxy saw it."""

    key: str
    start: int
    if_match: str | None
    sent: int = 0
    """Bytes of the body that were given to the kernel."""


@dataclass
class FaultyProxy:
    """A server that forwards to `upstream`; `plan(key, n)` gives the fault of the n-th request for an object."""

    upstream: tuple[str, int]
    plan: object = lambda key, n: Fault()
    bytes_per_s: float | None = None
    requests: list = field(default_factory=list)
    stalled_s: float = 20.0

    def __enter__(self):
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def sent(self, key=None):
        """Bytes of bodies that were sent, of one object or of all."""
        return sum(request.sent for request in self.requests if key in (None, request.key))

    def of(self, key):
        return [request for request in self.requests if request.key == key]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultyProxy

    def setup(self):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        super().setup()

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._forward("HEAD")

    def do_GET(self):
        self._forward("GET")

    def _forward(self, method):
        parts = urlsplit(self.path)
        key = unquote(parts.path).partition("/")[2].partition("/")[2]
        is_object = method == "GET" and not parts.query
        fault, request = Fault(), None
        if is_object:
            start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
            request = Request(key, start, self.headers.get("If-Match"))
            fault = self.owner.plan(key, len(self.owner.of(key)))
            self.owner.requests.append(request)
        if fault.kind == "status":
            self.send_response(fault.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() != "host" and (name.lower(), fault.kind) not in _DROPPED
        }
        upstream = http.client.HTTPConnection(*self.owner.upstream, timeout=30)
        try:
            upstream.request(method, self.path, headers=headers)
            answer = upstream.getresponse()
            self._relay(answer, method, fault, request)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            upstream.close()

    def _relay(self, answer, method, fault, request):
        length = int(answer.headers.get("Content-Length") or 0)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() in ("connection", "transfer-encoding", "content-length", "server", "date"):
                continue
            self.send_header(name, '"0123456789abcdef"' if (name, fault.kind) == ("ETag", "other_etag") else value)
        shown = min(fault.after, length) if fault.kind == "shorten" else length
        self.send_header("Content-Length", str(shown))
        self.end_headers()
        if method == "HEAD":
            return
        whole = fault.kind in ("none", "corrupt", "other_etag", "whole", "unconditional") or answer.status >= 300
        self._send(answer, shown if whole else min(fault.after, length), fault, request)
        if whole or fault.kind == "shorten":
            return
        if fault.do:
            fault.do()
        if fault.kind == "stall":
            self._wait_for_the_client()
        self.close_connection = True
        self.connection.close()

    def _send(self, answer, n, fault, request):
        done = 0
        while done < n:
            block = answer.read(min(_BLOCK, n - done))
            if not block:
                return
            if fault.kind == "corrupt" and done == 0:
                block = bytes([block[0] ^ 1]) + block[1:]
            self.wfile.write(block)
            done += len(block)
            if request:
                request.sent += len(block)
            if request and self.owner.bytes_per_s:
                time.sleep(len(block) / self.owner.bytes_per_s)

    def _wait_for_the_client(self):
        """Send nothing until the client ends the connection."""
        self.connection.settimeout(self.owner.stalled_s)
        try:
            self.connection.recv(1)
        except OSError:
            return
