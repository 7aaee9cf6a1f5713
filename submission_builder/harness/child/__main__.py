"""The program that runs a submission: ``child ASKED ANSWER FOLDER DEVICE SLOTS SHAPE THREADS ENTRY``.

The folder stands alone (torch and the standard library, Python 3.10), as it runs where none of our packages can be
imported. It is asked in lines of JSON and predictions in lines of JSON; windows lie as float32 in shared memory, the
descriptor SLOTS, of SHAPE ``n_slots,n_windows,n_chans,n_times``. THREADS is 0 for as many as torch takes itself,
and ENTRY the fields of :class:`submission_builder.protocol.entry_point.Entry` as JSON:

``{"do": "load", "challenge": N, "seed": seed or null, "precision": "fp16", "bf16", "tf32" or null}``
    Build the submission anew and get its model; its matrix products are then taken in that precision. Answer: ``{}``.
``{"do": "prediction", "slot": i, "windows": n, "batch": b, "probe": bool}``
    Ask the first n windows of a slot, b at a time and in order; at b = 1 as the server does (protocol facts,
    section 2). Answer: ``{"predictions": […], "shapes": […]}``, with the shapes of what forward returned. With probe
    also ``modified`` and ``drew``: whether an input was changed, and whether torch's global generator moved.
``{"do": "report"}``
    Answer: ``{"network": […], "opened": {N: […]}, "overflows": […]}``: the places that the submission reached for
    through Python's own sockets, the names of its files that were opened while challenge N was in turn, and the
    modules in which a product left the range of the precision.

What goes wrong is predicted with ``{"outcome": …, "message": …, "hint": …}``; a model is then to be loaded anew.
"""

import contextlib
import json
import mmap
import os
import sys
import traceback
from pathlib import Path
from typing import Any, BinaryIO

import torch
from failure import Failure, raised, said
from model import Model, build, open_device
from precision import Rounding, in_precision
from predict import respond
from surroundings import AuditHook, HiddenPackages


class RequestHandler:
    """Predictions questions, one after the other."""

    def __init__(self, slots: torch.Tensor, device: str, entry: "dict[str, Any]", watch: AuditHook) -> None:
        self.slots, self.device_name, self.entry, self.watch = slots, device, entry, watch
        self.challenge = 0
        self.model: Model | None = None
        self.precision: str | None = None
        self.rounding = Rounding()

    def handle(self, request: "dict[str, Any]") -> "dict[str, Any]":
        """Answer a request; a failure is an prediction too."""
        try:
            return self.attempt(request)
        except Failure as told:
            failure, cause = told, told.__cause__ or told
        except Exception as error:  # noqa: BLE001 - from code of the submission that no net is spread under
            failure, cause = Failure(raised(error), f"the submission raised {said(error)}"), error
        self.model = None
        with contextlib.suppress(Exception):  # where too much was printed, nothing more can be
            traceback.print_exception(cause)
        failure = self.watch.explain(failure)
        return {"outcome": failure.outcome, "message": str(failure), "hint": failure.hint}

    def attempt(self, request: "dict[str, Any]") -> "dict[str, Any]":
        """Answer a request, or raise."""
        if request["do"] == "report":
            overflows = self.rounding.overflows
            return {"network": self.watch.attempts, "opened": self.watch.opened, "overflows": overflows}
        if request["do"] == "load":
            return self.load(request)
        if self.model is None:
            raise Failure("contract_error", f"challenge {self.challenge} has no model: loading it failed")
        windows = self.slots[request["slot"], : request["windows"]]
        with torch.inference_mode(), in_precision(self.precision, self.rounding, self.device):
            return respond(self.model, windows, request, self.device)

    def load(self, request: "dict[str, Any]") -> "dict[str, Any]":
        """Build a model in place of the last one."""
        self.challenge = self.watch.challenge = request["challenge"]
        self.model = None
        self.device = open_device(self.device_name)
        if request["seed"] is not None:
            torch.manual_seed(request["seed"])
        self.model = build(self.challenge, self.device, self.slots.shape[2:], self.entry)
        if "tf32" in (self.precision, request["precision"]):
            torch.backends.cuda.matmul.allow_tf32 = request["precision"] == "tf32"
        self.precision, self.rounding = request["precision"], Rounding()
        if self.precision is not None:
            self.rounding.follow(self.model.net, self.precision)
        return {}


def step_aside(folder: str) -> None:
    """Leave the names of these files to the submission's own: nothing is imported from here any more."""
    sys.path.remove(folder)
    for path in Path(folder).glob("[!_]*.py"):
        del sys.modules[path.stem]


def main(
    asked: BinaryIO, prediction: BinaryIO, folder: str, device: str, slots: str, shape: str, threads: str, entry: str
) -> None:
    """Answer until the pipe is closed."""
    step_aside(sys.argv[0])
    if int(threads):
        torch.set_num_threads(int(threads))
    sys.meta_path.insert(0, HiddenPackages())
    sys.path.insert(0, folder)
    memory = torch.frombuffer(mmap.mmap(int(slots), 0), dtype=torch.float32)
    handler = RequestHandler(memory.view(*map(int, shape.split(","))), device, json.loads(entry), AuditHook(folder))
    for line in iter(asked.readline, b""):
        prediction.write(json.dumps(handler.handle(json.loads(line))).encode() + b"\n")
        prediction.flush()


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "rb") as request_pipe, os.fdopen(int(sys.argv[2]), "wb") as reply_pipe:
        main(request_pipe, reply_pipe, *sys.argv[3:])
