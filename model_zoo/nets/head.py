"""A head of linear layers, from features to the prediction."""

from collections.abc import Callable, Sequence

from torch import nn


def head(
    widths: Sequence[int], drop_prob: Sequence[float], activation: Callable[[], nn.Module] = nn.ReLU
) -> nn.Sequential:
    """Stack linear layers; each but the last is followed by activation and dropout.

    Parameters
    ----------
    widths
        Features in, of each hidden layer, and out.
    drop_prob
        Dropout after each hidden layer.
    activation
        After each hidden layer.

    Shape
    -----
    - Input: ``(batch, widths[0])``
    - Output: ``(batch, widths[-1])``

    Raises
    ------
    ValueError
        If there is not one dropout for each hidden layer.
    """
    if len(drop_prob) != len(widths) - 2:
        raise ValueError(f"widths={tuple(widths)} has {len(widths) - 2} hidden layers, drop_prob has {len(drop_prob)}")
    layers: list[nn.Module] = []
    for n_in, n_out, p in zip(widths, widths[1:], drop_prob):  # noqa: B905 - the last layer stands below
        layers += [nn.Linear(n_in, n_out), activation(), nn.Dropout(p)]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))
