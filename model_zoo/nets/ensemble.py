"""A weighted sum of several nets' predictions."""

from collections.abc import Sequence

import torch
from torch import nn


class Ensemble(nn.Module):
    """Predict the weighted sum of several nets' predictions.

    Parameters
    ----------
    members
        The nets; all receive the same windows.
    weights
        One weight per net.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target

    Raises
    ------
    ValueError
        If there is no member, or the numbers of members and weights differ.
    """

    def __init__(self, members: Sequence[nn.Module], weights: Sequence[float]) -> None:
        super().__init__()
        if not members or len(members) != len(weights):
            raise ValueError(
                f"an ensemble of {len(members)} members has {len(weights)} weights; one per member is expected"
            )
        self.members = nn.ModuleList(members)
        self.weights = tuple(weights)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        predictions = [weight * member(x) for weight, member in zip(self.weights, self.members)]  # noqa: B905 - checked
        return torch.stack(predictions).sum(dim=0)  # (batch, n_outputs)

    def extra_repr(self) -> str:
        """Show the weights."""
        return f"weights={self.weights}"
