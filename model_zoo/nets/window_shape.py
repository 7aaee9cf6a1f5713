"""The guard that every net has before its first layer."""

import torch


def require_shape(x: torch.Tensor, n_chans: int, n_times: int) -> None:
    """Refuse windows of another shape, which many nets would prediction without a word.

    Parameters
    ----------
    x
        Windows.
    n_chans, n_times
        What they should have.

    Raises
    ------
    ValueError
        If they are not ``(batch, n_chans, n_times)``.
    """
    if x.ndim != 3 or x.shape[1:] != (n_chans, n_times):  # noqa: PLR2004 - batch, channels, time
        expected = f"(batch, n_chans={n_chans}, n_times={n_times})"
        raise ValueError(f"the windows are {_named(x.shape)}; the net takes {expected}")


def _named(shape: torch.Size) -> str:
    """Write a shape with its axes' names, where it has as many as a batch of windows."""
    axes = ("batch", "n_chans", "n_times")
    if len(shape) != len(axes):
        return str(tuple(shape))
    return f"({', '.join(f'{axis}={size}' for axis, size in zip(axes, shape))})"  # noqa: B905 - lengths are equal
