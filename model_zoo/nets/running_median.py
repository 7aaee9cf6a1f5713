"""A running median over a net's predictions: the only module of the zoo that keeps state between calls."""

from collections import deque

import torch
from torch import nn


class RunningMedian(nn.Module):
    """Predict the median of a net's last `n` predictions, including the present one.

    The server sends one window at a time, in the order of the recordings. Earlier windows therefore improve the
    prediction of a target that is the same in all windows of a subject (challenge 2).

    **This module keeps state** in a Python attribute outside the ``state_dict``, so its prediction for a window depends
    on earlier windows. A batch gives the same predictions as its windows one by one. The first ``n - 1`` predictions
    are medians over fewer windows. The module does not know where a subject ends. It has no gradient.

    Parameters
    ----------
    net
        The net that is wrapped.
    n
        Number of predictions in the median.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, 1)``, the unit of the target

    Raises
    ------
    ValueError
        If `n` is below 1.
    """

    def __init__(self, net: nn.Module, n: int) -> None:
        super().__init__()
        if n < 1:
            raise ValueError(f"n={n} is below 1")
        self.net = net
        self.last: deque[float] = deque(maxlen=n)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        predictions = self.net(x)  # (batch, 1)
        medians = [self._median_with(prediction) for prediction in predictions.flatten().tolist()]
        out: torch.Tensor = predictions.new_tensor(medians)[:, None]  # (batch, 1)
        return out

    def _median_with(self, prediction: float) -> float:
        self.last.append(prediction)
        return torch.tensor(tuple(self.last), dtype=torch.float64).quantile(0.5).item()

    def reset(self) -> None:
        """Forget earlier predictions. The server never calls this method."""
        self.last.clear()

    def extra_repr(self) -> str:
        """Show the number of predictions in the median."""
        return f"n={self.last.maxlen}"
