"""Predict windows with a model, and read its predictions as the server does."""

import math
from typing import Any

import torch
from failure import Failure
from model import Model


def read_predictions(output: Any, challenge: int, windows: torch.Tensor) -> "list[float]":
    """Read one number per window from what a model returned.

    The server reads ``output.detach().cpu().numpy()[0][0]``, as ``local_scoring.py`` of eeg2025/startkit does. From a
    batch, this function reads the first column row by row.
    """
    n = windows.shape[0]
    given = f"for input (batch={n}, n_chans={windows.shape[1]}, n_times={windows.shape[2]})"
    if not isinstance(output, torch.Tensor):
        raise Failure(
            "contract_error",
            f"challenge {challenge} predicted a {type(output).__name__} {given}; the scorer expects a torch.Tensor",
        )
    shape = tuple(output.shape)
    if len(shape) != 2 or shape[0] < 1 or shape[1] < 1 or (n > 1 and shape[0] != n):  # noqa: PLR2004 - [0][0]
        raise Failure(
            "bad_shape",
            f"challenge {challenge} predicted shape {shape} {given}; "
            f"the scorer reads prediction[0][0], so ({n}, 1) is expected",
            "keep the last axis in the head: y[:, None]" if len(shape) == 1 else None,
        )
    if output.dtype == torch.bfloat16 or output.is_complex():
        raise Failure(
            "bad_shape",
            f"challenge {challenge} predicted dtype {output.dtype}; the scorer expects real numbers of numpy",
            "end forward with .float()",
        )
    values = [float(value) for value in output.detach().cpu()[:n, 0].tolist()]
    for value in values:
        if not math.isfinite(value):
            raise Failure(
                "not_finite",
                f"challenge {challenge} predicted {value}; the scorer raises an error for values that are not finite",
            )
    return values


def predict_windows(
    model: Model, windows: torch.Tensor, request: "dict[str, Any]", device: torch.device
) -> "dict[str, Any]":
    """Predict the windows of a slot in order, each batch as a new tensor, as the server's DataLoader creates it."""
    predictions: list[float] = []
    shapes: set[tuple[int, ...]] = set()
    probed = {"modified_input": False, "used_rng": False} if request["probe"] else {}
    for batch in torch.split(windows, request["batch"]):
        given = batch.to(device, copy=True)
        generator = torch.get_rng_state() if probed else None
        output = model.predict(given)
        predictions += read_predictions(output, model.challenge, given)
        shapes.add(tuple(output.shape))
        if generator is not None:
            probed["modified_input"] |= not torch.equal(given.cpu(), batch)
            probed["used_rng"] |= not torch.equal(generator, torch.get_rng_state())
    return {"predictions": predictions, "shapes": sorted(shapes), **probed}
