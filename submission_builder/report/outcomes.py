"""The page of an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from submission_builder.sandbox.outcomes import Outcome


def outcome_page(word: str, outcome: Outcome) -> str:
    """Write what an outcome means, what the server makes of it, what is_rank_zero there and the way out."""
    return (
        f"{word}\n{outcome.summary[0].upper()}{outcome.summary[1:]}.\n\n"
        f"On the server  {outcome.on_server}\nCauses         {outcome.causes}\nSolution       {outcome.solution}"
    )
