"""The exception that says how a child process ended."""

from __future__ import annotations


class ChildEnded(Exception):  # noqa: N818 - a way to end, not always an error
    """The child ended, or was ended, before it replied.

    Parameters
    ----------
    outcome
        A key of :data:`submission_builder.sandbox.outcomes.OUTCOMES`.
    fact
        The predicate of a sentence whose subject is "the submission".
    """

    def __init__(self, outcome: str, fact: str) -> None:
        super().__init__(fact)
        self.outcome, self.fact = outcome, fact
