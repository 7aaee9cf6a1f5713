"""A check: a function that looks for faults of one kind, with its number, its severity and its page.

The page stands in the docstring of the function: the first line is the rule, and each section is a name on a line of
its own with its text indented below, as in the example.

::

    @check("S002", "error")
    def entry_at_root(zip_: Inspected) -> Iterator[Place]:
        \"\"\"submission.py lies at the root of the zip.

        Fault
            submission.py does not lie at the root of the zip
        Why
            The server imports ``submission`` from the folder that it unpacks the zip into.
        Causes
            …
        Solution
            …
        \"\"\"
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from submission_builder.checks.inspected import Inspected, Place

Severity = Literal["error", "warning"]
Function = Callable[[Inspected], Iterator[Place]]

SECTIONS = ("Fault", "Why", "Causes", "Solution")


@dataclass(frozen=True)
class Check:
    """One numbered check."""

    id: str
    """``S`` and three digits: S0xx the archive, S1xx the code, S2xx the weights, S3xx the behaviour."""
    severity: Severity
    """``error``: the server gives no score, or a wrong one. ``warning``: it may."""
    function: Function
    """Yields a place and a message for each spot that breaks the rule."""
    runs: bool
    """Whether the check needs a run of the zip."""
    uses_run: bool
    """Whether the check also reads the run, if there was one."""
    certain: bool
    """Whether an error means that the server cannot run the zip. Only such errors prevent a run."""
    title: str
    """The rule, as one sentence."""
    fault: str
    """The fault in a few words, without a full stop: the title of a finding."""
    why: str
    causes: str
    solution: str


def check(
    id_: str, severity: Severity, *, runs: bool = False, uses_run: bool = False, certain: bool = True
) -> Callable[[Function], Check]:
    """Make a check of the function below, with the page in its docstring.

    Parameters
    ----------
    id_
        Number of the check.
    severity
        Severity of its findings.
    runs
        Whether the check needs a run of the zip.
    uses_run
        Whether the check also reads the run, if there was one.
    certain
        Whether an error means that the server cannot run the zip.
    """

    def make(function: Function) -> Check:
        return Check(id_, severity, function, runs, uses_run, certain, **_page(function.__doc__ or ""))

    return make


def _page(docstring: str) -> dict[str, str]:
    """Split a docstring into its title and its sections; one that is missing is empty."""
    title, *lines = inspect.cleandoc(docstring).split("\n")
    sections: dict[str, list[str]] = {name: [] for name in SECTIONS}
    below: list[str] = []
    for line in lines:
        if line in sections:
            below = sections[line]
        elif line.strip():
            below.append(line.strip())
    return {"title": title} | {name.lower(): " ".join(text) for name, text in sections.items()}
