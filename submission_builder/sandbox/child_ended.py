"""How a child came to its end."""

from __future__ import annotations


class ChildEnded(Exception):  # noqa: N818 - a way to end, not always an error
    """The child is gone before it predicted.

    Parameters
    ----------
    outcome
        A word of :data:`submission_builder.sandbox.outcomes.OUTCOMES`.
    fact
        What happened, as the rest of a sentence that begins with "the submission".
    """

    def __init__(self, outcome: str, fact: str) -> None:
        super().__init__(fact)
        self.outcome, self.fact = outcome, fact
