"""A stub of Codabench and of its storage, with the behaviour that was seen by running the public server code.

Each attribute of :class:`Stub` switches one trap on.
"""

import contextlib
import io
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TOKEN = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - made up
SIGNATURE = "X-Amz-Signature=5ec7e75ec7e75ec7e7"
CUT = "cut"
HOUR = timedelta(hours=1)
SCORES = {"overall": "0.9640000000", "challenge1": "0.9200000000", "challenge2": "0.9828571429"}
LOGS = ("prediction_ingestion_stdout", "prediction_ingestion_stderr", "scoring_stdout", "scoring_stderr")


@dataclass
class Stub:
    """The state of the server."""

    url: str = ""
    phases: list = field(default_factory=list)
    can: bool = True
    reason: str | None = None
    quota_full: bool = False
    """The storage quota of 15 GB is used up."""
    puts: list = field(default_factory=list)
    """Replies to the next uploads: a status, or CUT."""
    polls: list = field(default_factory=list)
    """Replies to the next polls instead of the status: an HTTP status, or CUT."""
    statuses: list = field(default_factory=lambda: ["Submitted", "Running", "Scoring", "Finished"])
    """Status at each poll; the last one stays."""
    details: str | None = None
    """status_details of the last status."""
    scores: dict = field(default_factory=lambda: dict(SCORES))
    log: str = ""
    hide: str | None = None
    """``all``: 403 for the details; ``some``: null for the logs of scoring."""
    expired: int = 0
    """So many addresses of logs are expired."""
    refuse: tuple | None = None
    """Status and body of the reply to a submission."""
    lose_reply: bool = False
    """The submission is made, and the connection is cut before the reply."""
    stored: dict = field(default_factory=dict)
    """Bytes by key."""
    submitted: list = field(default_factory=list)
    """Bodies of the submissions."""
    seen: list = field(default_factory=list)
    """Method, path and headers of every request."""

    def phase(self, number=20, name="Final", start=-HOUR, end=HOUR, **changes):
        """A phase, by default one that is open and allows five submissions a day."""
        now = datetime.now(UTC)
        limits = {"has_max_submissions": True, "max_submissions_per_day": 5, "max_submissions_per_person": 100}
        times = {"start": (now + start).isoformat(), "end": (now + end).isoformat() if end else None}
        return {"id": number, "name": name, "status": "Current"} | times | limits | changes

    def count(self, method, path):
        return sum(one[:2] == (method, path) for one in self.seen)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    stub: Stub

    def log_message(self, *args):
        """Print nothing."""

    def reply(self, status, content):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self):
        """Reset the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        self.wfile = io.BytesIO()  # what the handler flushes at its end

    def begin(self):
        self.path, _, self.query = self.path.partition("?")
        self.stub.seen.append((self.command, self.path, dict(self.headers)))
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)

    def allowed(self):
        if self.headers.get("Authorization") == f"Token {TOKEN}":
            return True
        self.reply(401, {"detail": f"Invalid token {self.headers.get('Authorization')}"})
        return False

    def do_PUT(self):
        self.begin()
        planned = self.stub.puts.pop(0) if self.stub.puts else 200
        if planned == CUT:
            self.cut()
        elif self.query != SIGNATURE or self.headers.get("Content-Type") != "application/zip":
            self.reply(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        else:
            if planned == 200:
                self.stub.stored[self.path.rpartition("/")[2]] = self.body
            self.reply(planned, b"")

    def do_POST(self):
        self.begin()
        if not self.allowed():
            return
        body, stub = json.loads(self.body), self.stub
        if self.path == "/api/datasets/":
            if stub.quota_full:
                self.reply(400, {"data_file": ["Insufficient space. Your available space is 0 B. The limit is 15 GB"]})
                return
            assert body["type"] == "submission"
            assert {"request_sassy_file_name", "file_name", "file_size"} <= set(body)
            key = f"key-{stub.count('POST', '/api/datasets/')}"
            self.reply(201, {"key": key, "sassy_url": f"{stub.url}/storage/{key}?{SIGNATURE}"})
        elif self.path == "/api/submissions/":
            self.submission(body)
        else:
            self.reply(404, {"detail": "Not found."})

    def submission(self, body):
        stub = self.stub
        if stub.refuse:
            self.reply(*stub.refuse)
            return
        stub.submitted.append(body)
        if body["data"] not in stub.stored:
            stub.statuses = ["Submitting"]
        if stub.lose_reply:
            self.cut()
        else:
            self.reply(201, {"id": 700 + len(stub.submitted), "status": "Submitting", "phase": body["phase"]})

    def do_GET(self):
        self.begin()
        stub, parts = self.stub, self.path.strip("/").split("/")
        if parts[0] == "logs":
            if stub.expired:
                stub.expired -= 1
                self.reply(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
            else:
                assert "Authorization" not in self.headers
                self.reply(200, stub.log.encode() if parts[1] == "prediction_ingestion_stderr" else b"")
        elif not self.allowed():
            return
        elif parts[:2] == ["api", "competitions"]:
            leaderboards = [{"id": 1, "title": "Results"}]
            self.reply(200, {"id": int(parts[2]), "title": "EEG", "phases": stub.phases, "leaderboards": leaderboards})
        elif parts[:2] == ["api", "can_make_submission"]:
            self.reply(200, {"can": stub.can, "reason": stub.reason})
        elif parts[-1] == "get_details":
            self.details()
        elif parts[:2] == ["api", "submissions"]:
            self.poll(int(parts[2]))
        else:
            self.reply(404, {"detail": "Not found."})

    def details(self):
        stub = self.stub
        if stub.hide == "all":
            self.reply(403, {"detail": "Cannot access submission details while phase marked to hide output"})
            return
        hidden = [name for name in LOGS if stub.hide == "some" and name.startswith("scoring")]
        addresses = {name: None if name in hidden else f"{stub.url}/logs/{name}?{SIGNATURE}" for name in LOGS}
        logs = [{"name": name, "data_file": address} for name, address in addresses.items()]
        self.reply(200, {"logs": logs, "data_file": f"{stub.url}/storage/key-1?{SIGNATURE}", "prediction_result": None})

    def poll(self, number):
        stub = self.stub
        if stub.polls:
            planned = stub.polls.pop(0)
            self.cut() if planned == CUT else self.reply(planned, b"<html>502 Bad Gateway</html>")
            return
        status = stub.statuses.pop(0) if len(stub.statuses) > 1 else stub.statuses[0]
        last = len(stub.statuses) == 1
        named = stub.scores.items() if status == "Finished" else ()
        scores = [{"id": i, "index": i, "column_key": key, "score": value} for i, (key, value) in enumerate(named)]
        details = stub.details if last else None
        self.reply(200, {"id": number, "status": status, "status_details": details, "scores": scores, "pk": number})


@contextlib.contextmanager
def serve():
    """Run a stub on a port of its own."""
    stub = Stub()
    stub.phases = [stub.phase(19, "Warm-up", -3 * HOUR, -2 * HOUR), stub.phase()]
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"stub": stub}))
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    assert urlsplit(stub.url).port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
