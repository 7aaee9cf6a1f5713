"""Build the submission's models, as the server does."""

import importlib
from typing import Any

import torch
from failure import Failure, raised, said

SFREQ = 100


def open_device(name: str) -> torch.device:
    """Find the device, and find out here whether it can be used."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise Failure("device_error", f"device {name!r} cannot be used on this machine: {reason}") from error
    return device


def build(challenge: int, device: torch.device) -> Any:
    """Build the submission and get one challenge's model, as the server does."""
    try:
        module = importlib.import_module("submission")
    except FileNotFoundError as error:
        raise Failure("weights_missing", f"submission.py looked for {error.filename}, which is not there") from error
    except ImportError as error:
        raise Failure("import_error", f"submission.py could not be imported: {said(error)}") from error
    except SyntaxError as error:
        raise Failure("import_error", f"{error.filename} line {error.lineno} does not parse: {error.msg}") from error
    except Exception as error:
        message = f"submission.py raised {said(error)} when it was imported"
        raise Failure("import_error", message) from error
    getter = f"get_model_challenge_{challenge}"
    if not hasattr(module, "Submission"):
        raise Failure("contract_error", "submission.py has no class Submission; the server imports it by that name")
    if not hasattr(module.Submission, getter):
        raise Failure(
            "contract_error",
            f"class Submission has no method {getter}; the server calls it without arguments",
            near_miss(getter, dir(module.Submission)),
        )
    try:
        model = getattr(module.Submission(SFREQ, device), getter)()
    except Exception as error:
        raise loading_failure(challenge, error) from error
    for method in ("eval", "forward"):
        if not callable(getattr(model, method, None)):
            raise Failure(
                "contract_error",
                f"{getter} returned a {type(model).__name__} without {method}; the server calls it",
            )
    model.eval()
    return model


def near_miss(getter: str, names: "list[str]") -> "str | None":
    """Name a method that was probably meant."""
    close = [name for name in names if name.startswith("get_model") and name[-2:] == getter[-2:]]
    return f"rename {close[0]} to {getter}" if close else None


def loading_failure(challenge: int, error: Exception) -> Failure:
    """Say what kept a model from being built."""
    where = f"challenge {challenge}: building the model raised {said(error)}"
    if isinstance(error, FileNotFoundError):
        return Failure("weights_missing", where)
    if isinstance(error, ImportError):
        return Failure("import_error", where)
    if isinstance(error, RuntimeError) and "state_dict" in said(error):
        return Failure("weights_mismatch", where)
    return Failure(raised(error), where)
