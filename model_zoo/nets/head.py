"""The head of a net: linear layers from features to predictions."""

from collections.abc import Callable, Sequence

from torch import nn


def head(
    widths: Sequence[int], drop_prob: Sequence[float], activation: Callable[[], nn.Module] = nn.ReLU
) -> nn.Sequential:
    """Stack linear layers, with activation and dropout after all but the last.

    Parameters
    ----------
    widths
        Input features, units of each hidden layer, outputs.
    drop_prob
        Dropout probability after each hidden layer.
    activation
        Builds the activation after each hidden layer.

    Shape
    -----
    - Input: ``(batch, widths[0])``
    - Output: ``(batch, widths[-1])``

    Raises
    ------
    ValueError
        If the numbers of dropout probabilities and hidden layers differ.
    """
    if len(drop_prob) != len(widths) - 2:
        raise ValueError(f"widths={tuple(widths)} has {len(widths) - 2} hidden layers, drop_prob has {len(drop_prob)}")
    layers: list[nn.Module] = []
    for n_in, n_out, p in zip(widths, widths[1:], drop_prob):  # noqa: B905 - the last pair is added below
        layers += [nn.Linear(n_in, n_out), activation(), nn.Dropout(p)]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))
