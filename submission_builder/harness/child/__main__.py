"""The program that runs a submission: ``child REQUESTS REPLIES FOLDER DEVICE SLOTS SHAPE THREADS ENTRY``.

This folder is self-contained (torch and the standard library, Python 3.10), because it runs where our packages cannot
be imported. The program reads requests from the file descriptor REQUESTS and writes one reply for each to REPLIES, as
lines of JSON. FOLDER holds the unpacked submission. Windows lie as float32 in shared memory: the file descriptor SLOTS,
of SHAPE ``n_slots,n_windows,n_chans,n_times``. THREADS is the number of torch's threads, and 0 is torch's default.
ENTRY holds the fields of :class:`submission_builder.protocol.entry_point.EntryPoint` as JSON.

``{"do": "load", "challenge": N, "seed": seed or null, "precision": "fp16", "bf16", "tf32" or null}``
    Construct the submission and get the model of a challenge; compute its matrix products in that precision.
    Reply: ``{}``.
``{"do": "predict", "slot": i, "windows": n, "batch": b, "probe": bool}``
    Predict the first n windows of a slot in order, b at a time. The server uses b = 1 (``local_scoring.py`` of
    eeg2025/startkit). Reply: ``{"predictions": […], "shapes": […]}``, with each shape that forward returned. With probe
    also ``modified_input`` and ``used_rng``: whether forward changed its input, and whether it advanced torch's global
    generator.
``{"do": "report"}``
    Reply: ``{"network": […], "opened": {N: […]}, "written": […], "overflows": […]}``: the hosts that the submission
    contacted through Python's sockets, its files that were opened since challenge N was loaded, the files in its folder
    that it opened for writing, and the modules of the model in which a matrix product exceeded the range of the
    precision.

If a request fails, the reply is ``{"outcome": …, "message": …, "hint": …}``, and the next request has to be ``load``.
It may have ``missing_module`` or ``missing_name``, which the Python here lacks; the parent knows what the server has.
``through`` lists the top-level modules whose code the exception passed through.
"""

import contextlib
import json
import mmap
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any, BinaryIO

import torch
from failure import Failure, details, outcome_of, quote
from hooks import AuditHook, HiddenPackages
from local_faults import missing_module, missing_name, modules_through, needs_gpu
from model import Model, build, near_file, open_device
from precision import Rounding, precision_context
from predict import predict_windows


class RequestHandler:
    """Handles requests one by one, and holds the loaded model between them."""

    def __init__(self, slots: torch.Tensor, device: str, entry: "dict[str, Any]", audit: AuditHook) -> None:
        self.slots, self.device_name, self.entry, self.audit = slots, device, entry, audit
        self.challenge = 0
        self.model: Model | None = None
        self.precision: str | None = None
        self.rounding = Rounding()

    def handle(self, request: "dict[str, Any]") -> "dict[str, Any]":
        """Return the reply to a request, also if it fails."""
        try:
            return self.dispatch(request)
        except Failure as known:
            failure, cause = known, known.__cause__ or known
        except Exception as error:  # noqa: BLE001 - the submission's code can raise anything anywhere
            failure, cause = Failure(outcome_of(error), f"the submission raised {quote(error)}"), error
        self.model = None
        with contextlib.suppress(Exception):  # printing fails once the limit on output is reached
            if not isinstance(cause, SystemExit):  # the submission printed its reason
                traceback.print_exception(cause)
        reply = {"outcome": failure.outcome, "message": str(failure), "hint": failure.hint}
        with contextlib.suppress(Exception):  # the submission can replace parts of torch and of the standard library
            reply.update(self.explain(failure, cause))
        return reply

    def explain(self, failure: Failure, cause: BaseException) -> "dict[str, Any]":
        """Return what is known of a failure beyond its own message."""
        folder = str(self.audit.folder)
        explained = self.audit.explain(failure)
        reply: dict[str, Any] = {
            "outcome": explained.outcome,
            "message": str(explained) + details(cause, folder),
            "hint": explained.hint or near_file(cause, folder),
        }
        if failure.outcome == "device_error":
            return reply
        if needs_gpu(cause):
            return reply | {"outcome": "gpu_missing", "hint": "use --device cuda on a machine with a GPU"}
        lacking = {"missing_module": missing_module(cause), "missing_name": missing_name(cause)}
        return reply | lacking | {"through": modules_through(cause, self.audit.unpickled)}

    def dispatch(self, request: "dict[str, Any]") -> "dict[str, Any]":
        """Return the reply to a request, or raise."""
        if request["do"] == "report":
            overflows = self.rounding.overflows
            accessed = {"network": self.audit.hosts, "opened": self.audit.opened, "written": self.audit.written}
            return {**accessed, "overflows": overflows}
        if request["do"] == "load":
            return self.load(request)
        if self.model is None:
            raise Failure("contract_error", f"challenge {self.challenge} has no model, because loading it failed")
        windows = self.slots[request["slot"], : request["windows"]]
        with torch.inference_mode(), precision_context(self.precision, self.rounding, self.device):
            return predict_windows(self.model, windows, request, self.device)

    def load(self, request: "dict[str, Any]") -> "dict[str, Any]":
        """Replace the model."""
        self.challenge = self.audit.challenge = request["challenge"]
        self.model = None
        self.device = open_device(self.device_name)
        if request["seed"] is not None:
            torch.manual_seed(request["seed"])
        self.model = build(self.challenge, self.device, self.slots.shape[2:], self.entry)
        if "tf32" in (self.precision, request["precision"]):
            torch.backends.cuda.matmul.allow_tf32 = request["precision"] == "tf32"
        self.precision, self.rounding = request["precision"], Rounding()
        if self.precision is not None:
            self.rounding.attach(self.model.net, self.precision)
        return {}


def free_module_names(folder: str) -> None:
    """Remove this folder from the import path and its modules from the cache: the submission can use their names."""
    sys.path.remove(folder)
    for path in Path(folder).glob("[!_]*.py"):
        del sys.modules[path.stem]


def main(
    requests: BinaryIO, replies: BinaryIO, folder: str, device: str, slots: str, shape: str, threads: str, entry: str
) -> None:
    """Reply to requests until the pipe is closed."""
    free_module_names(sys.argv[0])
    if int(threads):
        torch.set_num_threads(int(threads))
    sys.meta_path.insert(0, HiddenPackages())
    sys.path.insert(0, folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of memory that cannot be written
        memory = torch.frombuffer(mmap.mmap(int(slots), 0, prot=mmap.PROT_READ), dtype=torch.float32)
    handler = RequestHandler(memory.view(*map(int, shape.split(","))), device, json.loads(entry), AuditHook(folder))
    for line in iter(requests.readline, b""):
        replies.write(json.dumps(handler.handle(json.loads(line))).encode() + b"\n")
        replies.flush()


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "rb") as request_pipe, os.fdopen(int(sys.argv[2]), "wb") as reply_pipe:
        main(request_pipe, reply_pipe, *sys.argv[3:])
