"""A temporal convolutional network (TCN): causal blocks with doubling dilation."""

import torch
from torch import nn

from .causal_block import CausalBlock
from .standardise import Standardise


class TCN(nn.Module):
    """Five causal blocks with dilations 1, 2, 4, 8 and 16, and the mean over time (196,225 parameters).

    The receptive field is 373 samples, more than a window of 200.

    Parameters
    ----------
    n_chans, n_times, n_outputs
        Channels, samples per window and outputs, as in braindecode.
    width
        Channels of every block.
    kernel
        Kernel size of every convolution in samples.
    n_blocks
        Number of blocks; the dilation doubles from each to the next.
    drop_prob
        Dropout probability after every convolution.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target

    References
    ----------
    Bai et al. (2018), An empirical evaluation of generic convolutional and recurrent networks for sequence
    modeling, section 3.
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        width: int = 48,
        kernel: int = 7,
        n_blocks: int = 5,
        drop_prob: float = 0.3,
    ) -> None:
        super().__init__()
        self.standardise = Standardise(n_chans, n_times)
        self.trunk = nn.Sequential(
            CausalBlock(n_chans, width, kernel, 1, drop_prob),  # (batch, 48, 200)
            *(CausalBlock(width, width, kernel, 2**i, drop_prob) for i in range(1, n_blocks)),  # (batch, 48, 200)
        )
        self.head = nn.Linear(width, n_outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.trunk(x)  # (batch, 48, 200)
        x = x.mean(dim=-1)  # (batch, 48)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
