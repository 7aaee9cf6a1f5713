"""Fixtures of the tests of Codabench: a stub of the server, a token for it, and a clock that does not wait."""

import pytest
from archives import make_zip
from stub import TOKEN, serve

from submission_builder.codabench import connection
from submission_builder.codabench.token import VARIABLE
from submission_builder.codabench.wait import Clock
from submission_builder.workflows.submit.submit import Waiting, submit


@pytest.fixture
def server(monkeypatch):
    """A stub with one open phase and one that has ended, and a valid token."""
    monkeypatch.setenv(VARIABLE, TOKEN)
    monkeypatch.setattr(connection, "_PAUSES_S", (0, 0))
    with serve() as stub:
        yield stub


@pytest.fixture
def zip_(tmp_path):
    return make_zip(tmp_path / "z.zip")


class Events:
    """What a wait reports, and a clock that advances by each pause."""

    def __init__(self):
        self.seen, self.now = [], 0.0

    def report(self, event, text, submission):
        self.seen.append((event, text))

    def pause(self, seconds):
        self.now += seconds

    @property
    def statuses(self):
        return [text for event, text in self.seen if event == "status"]


@pytest.fixture
def events():
    return Events()


@pytest.fixture
def send(server, zip_, events):
    """Submit the zip to the stub; the check only reads it."""

    def call(path=zip_, *, wait=True, limit_s=7200, **options):
        waiting = Waiting(wait, limit_s, events.report, Clock(lambda: events.now, events.pause))
        given = {"confirm": lambda plan: True, "site": server.url, "static": True, "waiting": waiting} | options
        return submit(path, **given)

    return call
