"""Build the submission's models and call them, as the server does."""

import importlib
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from failure import Failure, outcome_of, quote

SFREQ = 100
NO_TORCHSCRIPT = re.compile(r"^ValueError: The provided filename (.*) does not exist$")
"""The error of torch.jit.load for a file that does not exist."""


class Model:
    """The model of one challenge, with the name of the method that the server calls."""

    def __init__(self, net: Any, challenge: int, predict_method: str) -> None:
        self.net, self.challenge, self.predict_method = net, challenge, predict_method

    def predict(self, windows: torch.Tensor) -> Any:
        """Call the method directly, as the server does: hooks on the top module do not run."""
        try:
            return getattr(self.net, self.predict_method)(windows)
        except Exception as error:
            message = f"challenge {self.challenge}: {self.predict_method} raised {quote(error)}"
            raise Failure(outcome_of(error), message) from error


def open_device(name: str) -> torch.device:
    """Return a device, after an attempt to create a tensor on it."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise Failure("device_error", f"device {name!r} cannot be used on this machine: {reason}") from error
    return device


def build(challenge: int, device: torch.device, shape: torch.Size, entry: "dict[str, Any]") -> Model:
    """Construct the submission's class and get one challenge's model, for windows ``(n_chans, n_times)``."""
    name, getter = entry["class_name"], entry["getter"].format(challenge=challenge)
    class_ = import_class(name)
    if not hasattr(class_, getter):
        raise Failure(
            "contract_error",
            f"class {name} has no method {getter}; the server calls {getter}({', '.join(entry['getter_arguments'])})",
            near_miss(getter, dir(class_)),
        )
    meta = {"challenge": challenge, "sfreq": SFREQ, "n_chans": shape[0], "n_times": shape[1]}
    known = {"sfreq": SFREQ, "device": device, "meta": meta}
    try:
        submission = class_(*(known[word] for word in entry["constructor_arguments"]))
        net = getattr(submission, getter)(*(known[word] for word in entry["getter_arguments"]))
    except Exception as error:
        raise loading_failure(challenge, error) from error
    for method in ("eval", entry["predict_method"]) if entry["calls_eval"] else (entry["predict_method"],):
        if not callable(getattr(net, method, None)):
            raise Failure(
                "contract_error",
                f"{getter} returned a {type(net).__name__} without the method {method}; the server calls that method",
            )
    if entry["calls_eval"]:
        net.eval()
    return Model(net, challenge, entry["predict_method"])


def import_class(name: str) -> Any:
    """Import the class that the server imports from submission.py."""
    try:
        module = importlib.import_module("submission")
    except SystemExit as error:
        message = f"submission.py ended the process on import (SystemExit: {error.code!r})"
        hint = "parse arguments and train only under if __name__ == '__main__'"
        raise Failure("exited", message, hint) from error
    except Exception as error:
        raise import_failure(error) from error
    if not hasattr(module, name):
        raise Failure("contract_error", f"submission.py has no class {name}; the server imports that class")
    return getattr(module, name)


def import_failure(error: Exception) -> Failure:
    """Return the failure for an exception that was raised while submission.py was imported."""
    missing = missing_file(error)
    if missing:
        return Failure("weights_missing", f"submission.py opened {missing}, which does not exist")
    message = f"the import of submission.py raised {quote(error)}"
    if isinstance(error, ImportError):
        message = f"submission.py could not be imported: {quote(error)}"
    if isinstance(error, SyntaxError):
        message = f"{error.filename} has a syntax error in line {error.lineno}: {error.msg}"
    return Failure("import_error" if missing is None else "weights_missing", message)


def near_miss(getter: str, names: "list[str]") -> "str | None":
    """Return a hint if a method of the same challenge has a similar name."""
    close = get_close_matches(getter, [name for name in names if name[-2:] == getter[-2:]], n=1)
    return f"rename {close[0]} to {getter}" if close else None


def missing_file(error: BaseException) -> "str | None":
    """Return the path of the file that does not exist; None for other exceptions."""
    if isinstance(error, FileNotFoundError):
        return str(error.filename or " ".join(map(str, error.args)))
    found = NO_TORCHSCRIPT.search(quote(error))
    return found[1] if found else None


def near_file(error: BaseException, folder: str) -> "str | None":
    """Return a hint if a file is missing and the submission has one of that name elsewhere, or of a similar name."""
    wanted = Path(missing_file(error) or "").name
    files = {path.name for path in Path(folder).rglob("*") if path.is_file()} if wanted else set()
    if wanted in files:
        return f"{wanted} is in the zip: find it by Path(__file__).resolve().parent"
    close = get_close_matches(wanted, sorted(files), n=1)
    return f"the zip has {close[0]}; rename it to {wanted}" if close else None


def loading_failure(challenge: int, error: Exception) -> Failure:
    """Return the failure for an exception that was raised while a model was built."""
    message = f"challenge {challenge}: building the model raised {quote(error)}"
    if missing_file(error) is not None:
        return Failure("weights_missing", message)
    if isinstance(error, ImportError):
        return Failure("import_error", message)
    if isinstance(error, RuntimeError) and "state_dict" in quote(error):
        return Failure("weights_mismatch", message)
    return Failure(outcome_of(error), message)
