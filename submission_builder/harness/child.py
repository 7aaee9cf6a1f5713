"""The program that runs a submission: ``child.py ASKED ANSWER FOLDER DEVICE SLOTS SHAPE THREADS``.

It stands alone (torch and the standard library, Python 3.10), as it runs where none of our packages can be
imported. It is asked in lines of JSON and answers in lines of JSON; windows lie as float32 in shared memory, the
descriptor SLOTS, of SHAPE ``n_slots,n_windows,n_chans,n_times``. THREADS is 0 for as many as torch takes itself:

``{"do": "load", "challenge": N, "seed": seed or null, "precision": "fp16", "bf16", "tf32" or null}``
    Build the submission anew and get its model; its matrix products are then taken in that precision. Answer: ``{}``.
``{"do": "answer", "slot": i, "windows": n, "batch": b, "probe": bool}``
    Ask the first n windows of a slot, b at a time and in order; at b = 1 as the server does (protocol facts,
    section 2). Answer: ``{"answers": […], "shapes": […]}``, with the shapes of what forward returned. With probe
    also ``modified`` and ``drew``: whether an input was changed, and whether torch's global generator moved.
``{"do": "report"}``
    Answer: ``{"network": […], "opened": {N: […]}, "overflows": […]}``: the places that the submission reached for
    through Python's own sockets, the names of its files that were opened while challenge N was in turn, and the
    modules in which a product left the range of the precision.

What goes wrong is answered with ``{"outcome": …, "message": …, "hint": …}``; a model is then to be loaded anew.
"""

import contextlib
import errno
import importlib
import importlib.abc
import json
import math
import mmap
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

SFREQ = 100
LONGEST = 2000
ENDS = {errno.EROFS: "wrote_outside"} | dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "too_much_output")
HIDDEN = ("submission_builder", "model_zoo")
HALVES = {"fp16": torch.float16, "bf16": torch.bfloat16}
PRODUCTS = re.compile(r"conv|linear|matmul|einsum|mm$|mv$|dot|scaled_dot_product|multi_head|lstm|gru|rnn")


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
    """Notes what a score does not show: attempts on the network, and which files of the submission are opened."""

    def __init__(self, folder: str) -> None:
        self.attempts: list[str] = []
        self.challenge = 0
        self.opened: dict[int, list[str]] = {}
        self.folder = Path(folder).resolve()
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: "tuple[Any, ...]") -> None:
        """Hear of an event of the interpreter."""
        if event == "socket.getaddrinfo":
            self.note(f"{arguments[0]}:{arguments[1]}")
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            self.note(f"{arguments[1][0]}:{arguments[1][1]}")
        elif event == "open" and isinstance(arguments[0], str):
            self.note_file(Path(arguments[0]).resolve())

    def note_file(self, path: Path) -> None:
        """Keep each file of the submission once for each challenge."""
        opened = self.opened.setdefault(self.challenge, [])
        if path.is_relative_to(self.folder) and (name := path.relative_to(self.folder).as_posix()) not in opened:
            opened.append(name)

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


def said(error: BaseException) -> str:
    """Quote an exception, also one whose text raises, is none or fills a book."""
    try:
        return f"{type(error).__name__}: {str.__getitem__(str(error), slice(LONGEST))}"
    except BaseException:  # noqa: BLE001 - its __str__ is the submission's
        return "an exception whose text cannot be read"


class Rounding(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch's own
    """Emulates a precision: operands of matrix products are rounded to it; so are fp16's and bf16's results.

    Sums stay float32, as in a GPU's tensor cores. Operands of one axis (biases) are left alone.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # torch's own
        self.half: torch.dtype | None = None
        self.inside: list[str] = []
        self.overflows: list[str] = []

    def follow(self, model: Any, precision: str) -> None:
        """Round to a precision, and know in which of a model's modules."""
        self.half = HALVES.get(precision)
        for name, module in model.named_modules() if isinstance(model, torch.nn.Module) else ():
            module.register_forward_pre_hook(lambda *_, name=name or "model": self.inside.append(name))
            module.register_forward_hook(lambda *_: self.inside.pop() and None)

    def rounded(self, value: Any) -> Any:
        """Round a tensor's values and keep its dtype."""
        if not isinstance(value, torch.Tensor) or value.dtype != torch.float32 or value.dim() < 2:  # noqa: PLR2004
            return value
        if self.half is not None:
            return value.to(self.half).to(torch.float32)
        return ((value.view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)  # 10 bits of 23

    def __torch_dispatch__(self, function: Any, _: Any, arguments: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__
        if not PRODUCTS.search(name):
            return function(*arguments, **(kwargs or {}))
        product = function(*tree_map(self.rounded, arguments), **tree_map(self.rounded, kwargs or {}))
        result = product if self.half is None else tree_map(self.rounded, product)
        first = result[0] if isinstance(result, (tuple, list)) else result
        where = f"{self.inside[-1] if self.inside else 'forward'} ({name})"
        if where not in self.overflows and not bool(torch.isfinite(first).all()):
            self.overflows.append(where)
        return result


def in_precision(precision: "str | None", rounding: Rounding, device: torch.device) -> Any:
    """Make the context in which windows are asked: the real thing on CUDA, emulation elsewhere."""
    on_cuda = device.type == "cuda"
    if precision is None or (on_cuda and precision == "tf32"):  # which is switched on when a model is loaded
        return contextlib.nullcontext()
    return torch.autocast("cuda", HALVES[precision]) if on_cuda else rounding


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


def raised(error: BaseException) -> str:
    """Name the outcome of an exception that says nothing of weights."""
    if out_of_memory(error):
        return "out_of_memory"
    if isinstance(error, OSError):
        return ENDS.get(error.errno or 0, "crashed")
    return "crashed"


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out (torch raises a RuntimeError for it on the CPU)."""
    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or "allocate memory" in said(error)


def read(answer: Any, challenge: int, asked: torch.Tensor) -> "list[float]":
    """Read an answer as the server does, ``answer.detach().cpu().numpy()[0][0]``, or row by row from a batch."""
    n = asked.shape[0]
    to = f"to a window (batch={n}, n_chans={asked.shape[1]}, n_times={asked.shape[2]})"
    if not isinstance(answer, torch.Tensor):
        raise Failure(
            "contract_error",
            f"challenge {challenge} answered a {type(answer).__name__} {to}; it takes a tensor",
        )
    shape = tuple(answer.shape)
    if len(shape) != 2 or shape[0] < 1 or shape[1] < 1 or (n > 1 and shape[0] != n):  # noqa: PLR2004 - [0][0]
        raise Failure(
            "bad_shape",
            f"challenge {challenge} answered {shape} {to}; the scorer reads answer[0][0], so it takes ({n}, 1)",
            "keep the last axis in the head: y[:, None]" if len(shape) == 1 else None,
        )
    if answer.dtype == torch.bfloat16 or answer.is_complex():
        raise Failure(
            "bad_shape",
            f"challenge {challenge} answered in {answer.dtype}; the scorer takes float32",
            "end forward with .float()",
        )
    values = [float(value) for value in answer.detach().cpu()[:n, 0].tolist()]
    for value in values:
        if not math.isfinite(value):
            raise Failure(
                "not_finite",
                f"challenge {challenge} answered {value}; the scorer raises on a value that is not finite",
            )
    return values


def ask(model: Any, challenge: int, windows: torch.Tensor) -> Any:
    """Call forward, as the server does: no hook on the top module fires."""
    try:
        return model.forward(windows)
    except Exception as error:
        message = f"challenge {challenge}: forward raised {said(error)}"
        raise Failure(raised(error), message) from error


def respond(
    model: Any, challenge: int, windows: torch.Tensor, question: "dict[str, Any]", device: torch.device
) -> "dict[str, Any]":
    """Ask the windows of a slot in order, each batch a new tensor, as the server's loader makes it."""
    answers: list[float] = []
    shapes: set[tuple[int, ...]] = set()
    noted = {"modified": False, "drew": False} if question["probe"] else {}
    for batch in torch.split(windows, question["batch"]):
        asked = batch.to(device, copy=True)
        generator = torch.get_rng_state() if noted else None
        answer = ask(model, challenge, asked)
        answers += read(answer, challenge, asked)
        shapes.add(tuple(answer.shape))
        if generator is not None:
            noted["modified"] |= not torch.equal(asked.cpu(), batch)
            noted["drew"] |= not torch.equal(generator, torch.get_rng_state())
    return {"answers": answers, "shapes": sorted(shapes), **noted}


def open_device(name: str) -> torch.device:
    """Find the device, and find out here whether it can be used."""
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise Failure("device_error", f"device {name!r} cannot be used on this machine: {reason}") from error
    return device


class Server:
    """Answers questions, one after the other."""

    def __init__(self, slots: torch.Tensor, device: str, watch: Watch) -> None:
        self.slots, self.device_name, self.watch = slots, device, watch
        self.challenge = 0
        self.model: Any = None
        self.precision: str | None = None
        self.rounding = Rounding()

    def answer(self, question: "dict[str, Any]") -> "dict[str, Any]":
        """Answer a question; a failure is an answer too."""
        try:
            return self.attempt(question)
        except Failure as told:
            failure, cause = told, told.__cause__ or told
        except Exception as error:  # noqa: BLE001 - from code of the submission that no net is spread under
            failure, cause = Failure(raised(error), f"the submission raised {said(error)}"), error
        self.model = None
        with contextlib.suppress(Exception):  # where too much was printed, nothing more can be
            traceback.print_exception(cause)
        failure = self.watch.explain(failure)
        return {"outcome": failure.outcome, "message": str(failure), "hint": failure.hint}

    def attempt(self, question: "dict[str, Any]") -> "dict[str, Any]":
        """Answer a question, or raise."""
        if question["do"] == "report":
            overflows = self.rounding.overflows
            return {"network": self.watch.attempts, "opened": self.watch.opened, "overflows": overflows}
        if question["do"] == "load":
            return self.load(question)
        if self.model is None:
            raise Failure("contract_error", f"challenge {self.challenge} has no model: loading it failed")
        windows = self.slots[question["slot"], : question["windows"]]
        with torch.inference_mode(), in_precision(self.precision, self.rounding, self.device):
            return respond(self.model, self.challenge, windows, question, self.device)

    def load(self, question: "dict[str, Any]") -> "dict[str, Any]":
        """Build a model in place of the last one."""
        self.challenge = self.watch.challenge = question["challenge"]
        self.model = None
        self.device = open_device(self.device_name)
        if question["seed"] is not None:
            torch.manual_seed(question["seed"])
        self.model = build(self.challenge, self.device)
        if "tf32" in (self.precision, question["precision"]):
            torch.backends.cuda.matmul.allow_tf32 = question["precision"] == "tf32"
        self.precision, self.rounding = question["precision"], Rounding()
        if self.precision is not None:
            self.rounding.follow(self.model, self.precision)
        return {}


def main(asked: BinaryIO, answer: BinaryIO, folder: str, device: str, slots: str, shape: str, threads: str) -> None:
    """Answer until the pipe is closed."""
    if int(threads):
        torch.set_num_threads(int(threads))
    sys.meta_path.insert(0, Hide())
    sys.path.insert(0, folder)
    memory = torch.frombuffer(mmap.mmap(int(slots), 0), dtype=torch.float32)
    server = Server(memory.view(*map(int, shape.split(","))), device, Watch(folder))
    for line in iter(asked.readline, b""):
        answer.write(json.dumps(server.answer(json.loads(line))).encode() + b"\n")
        answer.flush()


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "rb") as asked_pipe, os.fdopen(int(sys.argv[2]), "wb") as answer_pipe:
        main(asked_pipe, answer_pipe, *sys.argv[3:])
