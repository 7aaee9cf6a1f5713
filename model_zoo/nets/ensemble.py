"""Several nets that prediction as one."""

from collections.abc import Sequence

import torch
from torch import nn


class Ensemble(nn.Module):
    """Weigh the predictions of several nets and add them up.

    Parameters
    ----------
    members
        Nets that take the same windows.
    weights
        One for each.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target

    Raises
    ------
    ValueError
        If there is not one weight for each member.
    """

    def __init__(self, members: Sequence[nn.Module], weights: Sequence[float]) -> None:
        super().__init__()
        if not members or len(members) != len(weights):
            raise ValueError(f"an ensemble takes one weight a member, not {len(weights)} for {len(members)}")
        self.members = nn.ModuleList(members)
        self.weights = tuple(weights)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Answer one value a window."""
        predictions = [weight * member(x) for weight, member in zip(self.weights, self.members)]  # noqa: B905 - checked
        return torch.stack(predictions).sum(dim=0)  # (batch, n_outputs)

    def extra_repr(self) -> str:
        """Show the weights."""
        return f"weights={self.weights}"
