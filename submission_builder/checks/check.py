"""What a check is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from submission_builder.checks.inspected import Inspected, Place

Severity = Literal["error", "warning"]
Function = Callable[[Inspected], Iterator[Place]]


@dataclass(frozen=True)
class Check:
    """One numbered check.

    Attributes
    ----------
    id
        ``S`` and three digits: S0xx the archive, S1xx the code, S2xx the weights, S3xx the behaviour.
    severity
        ``error``: the server would give no score, or the wrong one. ``warning``: it may.
    title
        What is required, as one line.
    function
        Yields a place and a message for each spot that breaks it.
    why, causes, solution
        The rest of its page.
    runs
        Whether it needs the zip to be run.
    """

    id: str
    severity: Severity
    title: str
    function: Function
    why: str
    causes: str
    solution: str
    runs: bool = False
