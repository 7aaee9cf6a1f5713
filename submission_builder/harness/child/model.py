"""Build the submission's models and call them, as the server does."""

import importlib
from difflib import get_close_matches
from typing import Any

import torch
from failure import Failure, raised, said

SFREQ = 100


class Model:
    """One challenge's model, and the method of it that the server calls."""

    def __init__(self, net: Any, challenge: int, predict_method: str) -> None:
        self.net, self.challenge, self.predict_method = net, challenge, predict_method

    def predict(self, windows: torch.Tensor) -> Any:
        """Call the method itself, as the server does: no hook on the top module fires."""
        try:
            return getattr(self.net, self.predict_method)(windows)
        except Exception as error:
            raise Failure(
                raised(error), f"challenge {self.challenge}: {self.predict_method} raised {said(error)}"
            ) from error


def open_device(name: str) -> torch.device:
    """Find the device, and find out here whether it can be used."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise Failure("device_error", f"device {name!r} cannot be used on this machine: {reason}") from error
    return device


def build(challenge: int, device: torch.device, shape: torch.Size, entry: "dict[str, Any]") -> Model:
    """Make the submission's class anew and get one challenge's model, for windows ``(n_chans, n_times)``."""
    name, getter = entry["class_name"], entry["getter"].format(challenge=challenge)
    made = imported(name)
    if not hasattr(made, getter):
        raise Failure(
            "contract_error",
            f"class {name} has no method {getter}; the server calls {getter}({', '.join(entry['getter_arguments'])})",
            near_miss(getter, dir(made)),
        )
    meta = {"challenge": challenge, "sfreq": SFREQ, "n_chans": shape[0], "n_times": shape[1]}
    known = {"sfreq": SFREQ, "device": device, "meta": meta}
    try:
        submission = made(*(known[word] for word in entry["constructor_arguments"]))
        net = getattr(submission, getter)(*(known[word] for word in entry["getter_arguments"]))
    except Exception as error:
        raise loading_failure(challenge, error) from error
    for method in ("eval", entry["predict_method"]) if entry["calls_eval"] else (entry["predict_method"],):
        if not callable(getattr(net, method, None)):
            raise Failure(
                "contract_error",
                f"{getter} returned a {type(net).__name__} without {method}; the server calls it",
            )
    if entry["calls_eval"]:
        net.eval()
    return Model(net, challenge, entry["predict_method"])


def imported(name: str) -> Any:
    """Import the class that the server imports."""
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
    if not hasattr(module, name):
        raise Failure("contract_error", f"submission.py has no class {name}; the server imports it by that name")
    return getattr(module, name)


def near_miss(getter: str, names: "list[str]") -> "str | None":
    """Name a method that was probably meant, of the same challenge."""
    close = get_close_matches(getter, [name for name in names if name[-2:] == getter[-2:]], n=1)
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
