"""Temporal attention: one gate per sample, from the mean and maximum over channels."""

import torch
from torch import nn


class TemporalAttention(nn.Module):
    r"""Multiply each sample by a gate between 0 and 1 (14 parameters at kernel size 7).

    .. math:: x \cdot \sigma\left(\operatorname{conv}[\operatorname{mean}_c x, \max_c x]\right)

    Parameters
    ----------
    kernel
        Kernel size of the convolution in samples; odd.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``
    - Output: ``(batch, n_chans, n_times)``

    References
    ----------
    Woo et al. (2018), CBAM: Convolutional block attention module, eq. 3; over time instead of space.
    """

    def __init__(self, kernel: int = 7) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply each sample by its gate."""
        pooled = torch.stack([x.mean(dim=1), x.amax(dim=1)], dim=1)  # (batch, 2, n_times)
        out: torch.Tensor = x * self.conv(pooled).sigmoid()  # (batch, n_chans, n_times)
        return out
