"""A CNN with channel attention and one block of sparse self-attention."""

import torch
from torch import nn

from .channel_attention import ChannelAttention
from .conv_block import conv_block
from .head import head
from .sparse_block import SparseBlock
from .standardise import Standardise


class SparseAttentionCNN(nn.Module):
    """Channel attention, two max-pooled convolutions, sparse attention over 50 tokens (846,289 parameters).

    Parameters
    ----------
    n_chans, n_times, n_outputs
        Channels, samples per window and outputs, as in braindecode.
    n_rounds
        Number of partners that a token attends to.
    seed
        Seed of the pairing.
    drop_prob
        Dropout probability after the convolutions, in the feed-forward layer and in the head.
    redraw_pairs
        Whether every call in training mode draws a new pairing.

    Shape
    -----
    - Input: ``(batch, n_chans, n_times)``, volts
    - Output: ``(batch, n_outputs)``, the unit of the target

    References
    ----------
    Woo et al. (2018), CBAM: Convolutional block attention module, for the channel attention.
    Vaswani et al. (2017), Attention is all you need, for the attention.
    """

    def __init__(
        self,
        n_chans: int = 129,
        n_times: int = 200,
        n_outputs: int = 1,
        n_rounds: int = 1,
        seed: int = 0,
        drop_prob: float = 0.4,
        *,
        redraw_pairs: bool = False,
    ) -> None:
        super().__init__()
        n_tokens = n_times // 2 // 2
        self.standardise = Standardise(n_chans, n_times)
        self.channels = ChannelAttention(n_chans, 16)
        self.stem = nn.Sequential(
            conv_block(n_chans, 128, 7, drop_prob, stride=1, pool=2),  # (batch, 128, 100)
            conv_block(128, 256, 5, drop_prob, stride=1, pool=2),  # (batch, 256, 50)
        )
        self.block = SparseBlock(256, n_tokens, 512, drop_prob, n_rounds=n_rounds, seed=seed, redraw_pairs=redraw_pairs)
        self.head = head((256, 128, 32, n_outputs), (drop_prob, drop_prob))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict the target of each window."""
        x = self.standardise(x)  # (batch, 129, 200)
        x = self.channels(x)  # (batch, 129, 200)
        x = self.stem(x)  # (batch, 256, 50)
        x = self.block(x)  # (batch, 256, 50)
        x = x.mean(dim=-1)  # (batch, 256)
        out: torch.Tensor = self.head(x)  # (batch, 1)
        return out
