"""Ask a model windows, and read its predictions as the server does."""

import math
from typing import Any

import torch
from failure import Failure
from model import Model


def read(prediction: Any, challenge: int, asked: torch.Tensor) -> "list[float]":
    """Read an prediction as the server does, ``prediction.detach().cpu().numpy()[0][0]``, or row by row from a batch."""
    n = asked.shape[0]
    to = f"to a window (batch={n}, n_chans={asked.shape[1]}, n_times={asked.shape[2]})"
    if not isinstance(prediction, torch.Tensor):
        raise Failure(
            "contract_error",
            f"challenge {challenge} predicted a {type(prediction).__name__} {to}; it takes a tensor",
        )
    shape = tuple(prediction.shape)
    if len(shape) != 2 or shape[0] < 1 or shape[1] < 1 or (n > 1 and shape[0] != n):  # noqa: PLR2004 - [0][0]
        raise Failure(
            "bad_shape",
            f"challenge {challenge} predicted {shape} {to}; the scorer reads prediction[0][0], so it takes ({n}, 1)",
            "keep the last axis in the head: y[:, None]" if len(shape) == 1 else None,
        )
    if prediction.dtype == torch.bfloat16 or prediction.is_complex():
        raise Failure(
            "bad_shape",
            f"challenge {challenge} predicted in {prediction.dtype}; the scorer takes float32",
            "end forward with .float()",
        )
    values = [float(value) for value in prediction.detach().cpu()[:n, 0].tolist()]
    for value in values:
        if not math.isfinite(value):
            raise Failure(
                "not_finite",
                f"challenge {challenge} predicted {value}; the scorer raises on a value that is not finite",
            )
    return values


def respond(model: Model, windows: torch.Tensor, request: "dict[str, Any]", device: torch.device) -> "dict[str, Any]":
    """Ask the windows of a slot in order, each batch a new tensor, as the server's loader makes it."""
    predictions: list[float] = []
    shapes: set[tuple[int, ...]] = set()
    noted = {"modified": False, "drew": False} if request["probe"] else {}
    for batch in torch.split(windows, request["batch"]):
        asked = batch.to(device, copy=True)
        generator = torch.get_rng_state() if noted else None
        prediction = model.predict(asked)
        predictions += read(prediction, model.challenge, asked)
        shapes.add(tuple(prediction.shape))
        if generator is not None:
            noted["modified"] |= not torch.equal(asked.cpu(), batch)
            noted["drew"] |= not torch.equal(generator, torch.get_rng_state())
    return {"predictions": predictions, "shapes": sorted(shapes), **noted}
