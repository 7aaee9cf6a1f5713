"""Wait until a submission ends, whatever happens to the server and the connection meanwhile."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from submission_builder.base.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from submission_builder.codabench.client import Client
    from submission_builder.codabench.replies import Submission

_SHORTEST_S, _LONGEST_S, _GROWTH = 2.0, 30.0, 1.5
_QUEUED = ("None", "Submitting", "Submitted")
_QUEUED_LONG_S, _RUNNING_LONG_S = 1800.0, 3600.0

Event = Literal["status", "unreachable", "reachable", "slow"]
"""``slow``: the status has not changed for so long that users report such submissions as stuck."""


@dataclass(frozen=True)
class Clock:
    """Time, as the wait sees it; a test replaces it."""

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def wait_until_ended(
    client: Client,
    number: int,
    *,
    limit_s: float,
    report: Callable[[Event, str, Submission | None], None],
    clock: Clock | None = None,
) -> Submission | None:
    """Ask for the status until the submission has ended; a failed request is repeated later.

    Parameters
    ----------
    client
        The server.
    number
        Number of the submission.
    limit_s
        Longest wait, in s.
    report
        Called with each event, a text for it, and the submission if the event is a new status.
    clock
        None for the real time.

    Returns
    -------
    Submission or None
        The last state that is known, which has not ended if the limit was reached; None if no request succeeded.
    """
    clock = clock or Clock()
    began = changed = clock.now()
    last: Submission | None = None
    reachable, slow, pause = True, False, _SHORTEST_S
    while True:
        try:
            state = client.submission(number, patient=False)
        except UnreachableError as error:
            if reachable:
                report("unreachable", str(error), None)
            reachable = False
        else:
            if not reachable:
                report("reachable", state.status, None)
            reachable = True
            if last is None or (state.status, state.status_details) != (last.status, last.status_details):
                report("status", state.status, state)
                changed, slow, pause = clock.now(), False, _SHORTEST_S
            last = state
            if state.ended:
                return state
            if not slow and clock.now() - changed >= _long(state):
                report("slow", state.status, None)
                slow = True
        if clock.now() - began >= limit_s:
            return last
        clock.pause(min(pause, max(0.0, limit_s - (clock.now() - began))))
        pause = min(_GROWTH * pause, _LONGEST_S)


def _long(state: Submission) -> float:
    return _QUEUED_LONG_S if state.status in _QUEUED else _RUNNING_LONG_S
