"""Predictions smoothed over the windows that came before: the one module here that keeps state."""

from collections import deque

import torch
from torch import nn


class RunningMedian(nn.Module):
    """Answer the median of a net's last predictions, the present one among them.

    The server asks for one window at a time, in the order of the recordings, so a target that belongs to the
    subject (challenge 2) gains from the windows before. The same window asked for again is predicted otherwise:
    **this module keeps state**, in an attribute outside the ``state_dict``. Windows of a batch are taken in
    their order, so a batch predictions as its windows one by one. Until `n` windows have come, the median is over
    those that have. Nobody tells the module where a subject ends; no gradient passes it.

    Parameters
    ----------
    net
        Whose predictions are taken.
    n
        Windows that the median is over.

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
        """Answer one value a window."""
        predictions = self.net(x)  # (batch, 1)
        medians = [self._median_with(prediction) for prediction in predictions.flatten().tolist()]
        out: torch.Tensor = predictions.new_tensor(medians)[:, None]  # (batch, 1)
        return out

    def _median_with(self, prediction: float) -> float:
        self.last.append(prediction)
        return torch.tensor(tuple(self.last), dtype=torch.float64).quantile(0.5).item()

    def reset(self) -> None:
        """Forget the windows before; the server never calls this."""
        self.last.clear()

    def extra_repr(self) -> str:
        """Show how many windows the median is over."""
        return f"n={self.last.maxlen}"
