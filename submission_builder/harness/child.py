"""The program that runs a submission: ``child.py ASKED ANSWER FOLDER DEVICE``.

It stands alone (torch and the standard library, Python 3.10), as it runs where none of our packages can be
imported. It is asked in lines of JSON and answers in lines of JSON:

``{"do": "load", "challenge": N}``
    Build the submission anew and get its model. Answer: ``{}``.
``{"do": "answer", "windows": n, "shape": [n_chans, n_times]}``, then n windows as float32
    Ask one window after the other, as the server does (protocol facts, section 2).
    Answer: ``{"answers": […]}``.
``{"do": "report"}``
    Answer: ``{"network": […], "shapes": {…}}``, the places that the submission reached for through Python's own
    sockets, and by challenge a shape of its answers that is not (1, 1).

Anything that goes wrong is answered with ``{"outcome": …, "message": …, "hint": …}``, and the program ends.
"""

import errno
import importlib
import importlib.abc
import json
import math
import os
import sys
import traceback
from typing import Any, BinaryIO

import torch

SFREQ = 100
HIDDEN = ("submission_builder", "model_zoo")


class Failure(Exception):  # noqa: N818 - as the outcomes call it
    """A typed end of the run."""

    def __init__(self, outcome: str, message: str, hint: "str | None" = None) -> None:
        super().__init__(message)
        self.outcome, self.hint = outcome, hint


class Hide(importlib.abc.MetaPathFinder):
    """Make packages unimportable that the server does not have."""

    def find_spec(self, fullname: str, *_: object) -> None:
        """Refuse our own packages."""
        if fullname.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {fullname!r}: the server does not have it", name=fullname)


class Watch:
    """Notes what a score does not show: attempts on the network, and parts of answers that nobody reads."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self.shapes: dict[int, list[int]] = {}
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: "tuple[Any, ...]") -> None:
        """Hear of an event of the interpreter."""
        if event == "socket.getaddrinfo":
            self.note(f"{arguments[0]}:{arguments[1]}")
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            self.note(f"{arguments[1][0]}:{arguments[1][1]}")

    def note(self, where: str) -> None:
        """Keep each place once."""
        if where not in self.attempts:
            self.attempts.append(where)

    def explain(self, failure: Failure) -> Failure:
        """Name the likely cause of a failure, if the submission reached out before it."""
        if not self.attempts or failure.outcome not in ("crashed", "import_error"):
            return failure
        reached = ", ".join(self.attempts)
        return Failure("network_attempt", f"the submission reached for the network ({reached}); then: {failure}")


def build(challenge: int, device: torch.device) -> Any:
    """Build the submission and get one challenge's model, as the server does."""
    try:
        module = importlib.import_module("submission")
    except FileNotFoundError as error:
        raise Failure("weights_missing", f"submission.py looked for {error.filename}, which is not there") from error
    except ImportError as error:
        raise Failure("import_error", f"submission.py could not be imported: {error}") from error
    except SyntaxError as error:
        raise Failure("import_error", f"{error.filename} line {error.lineno} does not parse: {error.msg}") from error
    except Exception as error:
        message = f"submission.py raised {type(error).__name__} when it was imported: {error}"
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
    where = f"challenge {challenge}: building the model raised {type(error).__name__}: {error}"
    if isinstance(error, FileNotFoundError):
        return Failure("weights_missing", where)
    if isinstance(error, ImportError):
        return Failure("import_error", where)
    if isinstance(error, RuntimeError) and "state_dict" in str(error):
        return Failure("weights_mismatch", where)
    return Failure(raised(error), where)


def raised(error: BaseException) -> str:
    """Name the outcome of an exception that says nothing of weights."""
    if out_of_memory(error):
        return "out_of_memory"
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return "wrote_outside"
    return "crashed"


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out (torch raises a RuntimeError for it on the CPU)."""
    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or "allocate memory" in str(error)


def read(answer: Any, challenge: int, window: torch.Tensor) -> float:
    """Read one answer as the server does: ``answer.detach().cpu().numpy()[0][0]``."""
    asked = f"to a window (batch=1, n_chans={window.shape[1]}, n_times={window.shape[2]})"
    if not isinstance(answer, torch.Tensor):
        raise Failure(
            "contract_error",
            f"challenge {challenge} answered a {type(answer).__name__} {asked}; it takes a tensor",
        )
    shape = tuple(answer.shape)
    if len(shape) != 2 or shape[0] < 1 or shape[1] < 1:  # noqa: PLR2004 - [0][0] reads two axes
        raise Failure(
            "bad_shape",
            f"challenge {challenge} answered {shape} {asked}; the scorer reads answer[0][0], so it takes (1, 1)",
            "keep the last axis in the head: y[:, None]" if len(shape) == 1 else None,
        )
    if answer.dtype == torch.bfloat16 or answer.is_complex():
        raise Failure(
            "bad_shape",
            f"challenge {challenge} answered in {answer.dtype}; the scorer takes float32",
            "end forward with .float()",
        )
    return float(answer.detach().cpu()[0][0])


def respond(model: Any, challenge: int, windows: torch.Tensor, watch: Watch) -> "list[float]":
    """Ask windows one by one, at batch size 1 and in order."""
    answers = []
    for window in windows.unsqueeze(1):
        try:
            answer = model.forward(window)
        except Exception as error:
            message = f"challenge {challenge}: forward raised {type(error).__name__}: {error}"
            raise Failure(raised(error), message) from error
        value = read(answer, challenge, window)
        if tuple(answer.shape) != (1, 1):
            watch.shapes[challenge] = list(answer.shape)
        if not math.isfinite(value):
            raise Failure(
                "not_finite",
                f"challenge {challenge} answered {value}; the scorer raises on a value that is not finite",
            )
        answers.append(value)
    return answers


def open_device(name: str) -> torch.device:
    """Find the device, and find out here whether it can be used."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise Failure("device_error", f"device {name!r} cannot be used on this machine: {reason}") from error
    return device


def receive(asked: BinaryIO, n_windows: int, shape: "list[int]", device: torch.device) -> torch.Tensor:
    """Read windows from the pipe into a tensor (n_windows, n_chans, n_times), without numpy."""
    buffer = bytearray(n_windows * shape[0] * shape[1] * 4)
    view = memoryview(buffer)
    while view:
        n_read = asked.readinto(view)  # type: ignore[attr-defined]
        if not n_read:
            raise EOFError
        view = view[n_read:]
    return torch.frombuffer(buffer, dtype=torch.float32).view(n_windows, *shape).to(device)


def serve(asked: BinaryIO, answer: BinaryIO, device: torch.device, watch: Watch) -> None:
    """Answer questions until the pipe is closed."""
    model: Any = None
    challenge = 0
    for line in iter(asked.readline, b""):
        question = json.loads(line)
        if question["do"] == "load":
            challenge, model = question["challenge"], None
            model = build(challenge, device)
            reply: dict[str, Any] = {}
        elif question["do"] == "report":
            reply = {"network": watch.attempts, "shapes": watch.shapes}
        else:
            windows = receive(asked, question["windows"], question["shape"], device)
            with torch.inference_mode():
                reply = {"answers": respond(model, challenge, windows, watch)}
        answer.write(json.dumps(reply).encode() + b"\n")
        answer.flush()


def main(asked: BinaryIO, answer: BinaryIO, folder: str, device: str) -> None:
    """Serve, and turn a failure into a last answer."""
    sys.meta_path.insert(0, Hide())
    sys.path.insert(0, folder)
    watch = Watch()
    try:
        serve(asked, answer, open_device(device), watch)
    except Failure as raised_failure:
        traceback.print_exception(raised_failure.__cause__ or raised_failure)
        failure = watch.explain(raised_failure)
        last = {"outcome": failure.outcome, "message": str(failure), "hint": failure.hint}
        answer.write(json.dumps(last).encode() + b"\n")
        answer.flush()


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "rb") as asked_pipe, os.fdopen(int(sys.argv[2]), "wb") as answer_pipe:
        main(asked_pipe, answer_pipe, *sys.argv[3:])
