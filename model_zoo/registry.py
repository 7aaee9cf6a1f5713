"""Every architecture, in one explicit table."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from submission_builder.errors import RecipeError

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Architecture:
    """One row of the table: what is built for one challenge under a registered name.

    Attributes
    ----------
    name, challenge
        Together the key.
    module
        File of the net in ``model_zoo/nets``, without suffix.
    class_name
        The net's class in that file.
    shipped_tag
        Tag of the weights that come with subpack; None where there are none.
    value
        Name of the keyword argument that stands behind a colon (``constant:-0.09``); the net then has no
        weights.
    """

    name: str
    challenge: int
    module: str
    class_name: str
    shipped_tag: str | None = None
    value: str | None = None

    def build(self, kwargs: dict[str, Any]) -> nn.Module:
        """Make a net with fresh weights.

        Parameters
        ----------
        kwargs
            Keyword arguments of its class; the defaults are the challenge's.
        """
        module = importlib.import_module(f"model_zoo.nets.{self.module}")
        net: nn.Module = getattr(module, self.class_name)(**kwargs)
        return net


ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture("cnn", 1, "cnn", "CompactResponseTimeCNN", shipped_tag="c1-demo"),
    Architecture("cnn", 2, "cnn", "CompactExternalizingCNN", shipped_tag="c2-demo"),
    Architecture("lightweight_attn", 1, "lightweight_attn", "LightweightAttentionCNN", shipped_tag="c1-demo"),
    Architecture("lightweight_attn", 2, "lightweight_attn", "LightweightAttentionCNN"),
    Architecture("constant", 1, "constant", "Constant", value="value"),
    Architecture("constant", 2, "constant", "Constant", value="value"),
)


def architecture(name: str, challenge: int) -> Architecture:
    """Look up an architecture.

    Parameters
    ----------
    name
        Registered name.
    challenge
        1 or 2.

    Raises
    ------
    RecipeError
        If there is none of that name for that challenge.
    """
    rows = {row.name: row for row in ARCHITECTURES if row.challenge == challenge}
    if name in rows:
        return rows[name]
    near = get_close_matches(name, rows, n=1)
    raise RecipeError(
        f"challenge {challenge} has no architecture {name!r}; it has {', '.join(sorted(rows))}",
        hint=f"did you mean {near[0]}?" if near else None,
    )
