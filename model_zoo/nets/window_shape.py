"""A check of the input shape, for the first layer of every net."""

import torch


def require_shape(x: torch.Tensor, n_chans: int, n_times: int) -> None:
    """Raise an error for windows of another shape, which many nets would accept.

    Parameters
    ----------
    x
        Windows.
    n_chans, n_times
        Expected channels and samples per window.

    Raises
    ------
    ValueError
        If the shape is not ``(batch, n_chans, n_times)``.

    Shape
    -----
    - x: ``(batch, n_chans, n_times)``, volts
    """
    if x.ndim != 3 or x.shape[1:] != (n_chans, n_times):  # noqa: PLR2004 - batch, channels, time
        expected = f"(batch, n_chans={n_chans}, n_times={n_times})"
        raise ValueError(f"the windows are {_with_axes(x.shape)}; the net expects {expected}")


def _with_axes(shape: torch.Size) -> str:
    """Write a shape with the names of its axes, if it has as many axes as a batch of windows."""
    axes = ("batch", "n_chans", "n_times")
    if len(shape) != len(axes):
        return str(tuple(shape))
    return f"({', '.join(f'{axis}={size}' for axis, size in zip(axes, shape))})"  # noqa: B905 - lengths are equal
