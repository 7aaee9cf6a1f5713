"""Broken submissions, one defect each, named by the defect: what is found in each, and in what words."""

import hashlib
import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import saved_weights as weights
import torch
from archives import make_zip


class Broken(NamedTuple):
    """A zip with one defect, the check that finds it, and all that it says: where, and what."""

    id: str
    make: Callable[[Path], Path]
    where: str
    message: str


def entries(*written, **changes):
    """A good zip with further entries."""

    def make(path):
        make_zip(path, **changes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zipfile warns about duplicate names
            with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
                for name, content in written:
                    archive.writestr(name, content)
        return path

    return make


def changed(**changes):
    """A good zip, written otherwise in one place."""
    return lambda path: make_zip(path, **changes)


def top(source):
    """A good zip with more at the top of submission.py, which begins in its fifth line."""
    return changed(top=source)


def alone(source):
    """A zip that holds this submission.py and nothing else."""

    def make(path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("submission.py", source)
        return path

    return make


def link(path):
    info = zipfile.ZipInfo("weights.pt")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return entries((info, "/data/weights.pt"))(path)


def cut_short(path):
    path.write_bytes(make_zip(path).read_bytes()[:-40])
    return path


def flipped(path):
    content = bytearray(make_zip(path, names={"w.txt": b"0123456789"}).read_bytes())
    content[content.index(b"0123456789")] ^= 1
    path.write_bytes(content)
    return path


def no_zip(path):
    path.write_text("no zip")
    return path


def listed(**facts):
    return entries(("manifest.json", json.dumps({"files": facts})), ("w.txt", "weights"))


def method(class_, body):
    """A class with a method too many."""
    return f"class {class_}:\n    {body}"


LOAD = "net = Net().to(DEVICE)\nnet.load_state_dict(state{})"
TWO = "\n    def get_model_challenge_1(self): pass\n    def get_model_challenge_2(self): pass"
INIT = "class Submission:\n    def __init__(self, SFREQ, DEVICE): pass"
SHA = hashlib.sha256(b"weights").hexdigest()

STATIC = {
    "cut short": Broken("S001", cut_short, "z.zip", "cannot be read: File is not a zip file"),
    "no zip": Broken("S001", no_zip, "z.zip", "cannot be read: File is not a zip file"),
    "one bit flipped": Broken("S001", flipped, "w.txt", "cannot be read: Bad CRC-32 for file 'w.txt'"),
    "a folder round the files": Broken(
        "S002",
        changed(entry="model/submission.py"),
        "z.zip",
        "no submission.py at the root; it lies at model/submission.py",
    ),
    "submission.py has another name": Broken(
        "S002", changed(entry="main.py"), "z.zip", "no submission.py at the root; it is nowhere in the zip"
    ),
    "metadata": Broken("S003", entries(("metadata", "")), "metadata", "the worker takes the zip for a program"),
    "metadata.yaml": Broken(
        "S003", entries(("metadata.yaml", "")), "metadata.yaml", "the worker takes the zip for a program"
    ),
    "a report at the root": Broken(
        "S004", entries(("report.html", "")), "report.html", "may be published as the result page"
    ),
    "one name twice": Broken(
        "S005", entries(("a.txt", "1"), ("a.txt", "2")), "a.txt", "2 entries of this name: a.txt, a.txt"
    ),
    "names that differ in case": Broken(
        "S005", entries(("Net.py", ""), ("net.py", "")), "Net.py", "2 entries of this name: Net.py, net.py"
    ),
    "out of the folder": Broken("S006", entries(("../up.py", "")), "../up.py", "is_rank_zero out of the folder"),
    "an absolute path": Broken("S006", entries(("/etc/passwd", "")), "/etc/passwd", "is an absolute path"),
    "a backslash": Broken(
        "S006", entries(("a\\b.txt", "")), "a\\b.txt", "holds a backslash, which is no folder on the server"
    ),
    "a link": Broken("S006", link, "weights.pt", "is a link, which is unpacked as a file that holds its target's name"),
    "the Finder's folder": Broken(
        "S007", entries(("__MACOSX/._submission.py", "")), "__MACOSX/._submission.py", "no submission needs it"
    ),
    "the Finder's file": Broken("S007", entries(("data/.DS_Store", "")), "data/.DS_Store", "no submission needs it"),
    "the machine's time zone": Broken("S007", entries(("localtime", "")), "localtime", "no submission needs it"),
    "a validation report": Broken(
        "S007", entries(("validation_report.json", "{}")), "validation_report.json", "no submission needs it"
    ),
    "bytecode": Broken(
        "S007",
        entries(("__pycache__/a.cpython-310.pyc", "")),
        "__pycache__/a.cpython-310.pyc",
        "no submission needs it",
    ),
    "a bomb": Broken("S008", entries(("zeros.txt", bytes(20 << 20))), "zeros.txt", "20,387 bytes unpack to 20,971,520"),
    "a slip in the syntax": Broken("S101", top("def f(:"), "submission.py:5", "does not parse: invalid syntax"),
    "syntax of Python 3.11": Broken(
        "S101", top("try:\n    pass\nexcept* ValueError:\n    pass"), "submission.py:10", "does not parse: "
    ),
    "a null byte": Broken(
        "S101",
        entries(("net.py", "x = 1\0")),
        "net.py:1",
        "does not parse: source code string cannot contain null bytes",
    ),
    "nested without end": Broken(
        "S101", entries(("net.py", "-" * 100_000 + "1")), "net.py:1", "does not parse: nested too deeply"
    ),
    "a class of another name": Broken(
        "S102",
        alone("class Submision:\n    pass"),
        "submission.py",
        "no class Submission at the top level; there is Submision",
    ),
    "a class inside a function": Broken(
        "S102",
        alone("def f():\n    class Submission: pass"),
        "submission.py",
        "no class Submission at the top level; there is Submission",
    ),
    "a constructor without device": Broken(
        "S103",
        alone("class Submission:\n    def __init__(self, SFREQ): pass" + TWO),
        "submission.py:2",
        "__init__(self, SFREQ) cannot be called as Submission(SFREQ, DEVICE)",
    ),
    "keywords alone": Broken(
        "S103",
        alone("class Submission:\n    def __init__(self, *, SFREQ, DEVICE): pass" + TWO),
        "submission.py:2",
        "__init__(self, *, SFREQ, DEVICE) cannot be called as Submission(SFREQ, DEVICE)",
    ),
    "no constructor": Broken(
        "S103",
        alone("class Submission:" + TWO),
        "submission.py:1",
        "Submission has no __init__, so it takes no arguments; the server gives two",
    ),
    "the plural": Broken(
        "S104",
        changed(getter="get_models_challenge_1"),
        "submission.py:16",
        "Submission has no get_model_challenge_1; it has get_models_challenge_1",
    ),
    "a getter that asks for a folder": Broken(
        "S104",
        changed(getter="get_model_challenge_1(self, folder): pass\n    def _g"),
        "submission.py:20",
        "get_model_challenge_1(self, folder) cannot be called without arguments",
    ),
    "one challenge": Broken(
        "S104",
        alone(INIT + "\n    def get_model_challenge_1(self): pass"),
        "submission.py:1",
        "Submission has no get_model_challenge_2",
    ),
    "timm": Broken(
        "S105", top("import timm"), "submission.py:5", "imports timm, which is neither on the server nor in the zip"
    ),
    "safetensors inside a function": Broken(
        "S105",
        top("def f():\n    from safetensors.torch import load_file"),
        "submission.py:6",
        "imports safetensors.torch, which is neither on the server nor in the zip",
    ),
    "a module of Python 3.11": Broken(
        "S105",
        top("import tomllib"),
        "submission.py:5",
        "imports tomllib, which is neither on the server nor in the zip",
    ),
    "an own module left out": Broken(
        "S105",
        top("from my_layers import Attention"),
        "submission.py:5",
        "imports my_layers, which is neither on the server nor in the zip",
    ),
    "a folder at home": Broken(
        "S106",
        top("FOLDER = '/home/me/weights'"),
        "submission.py:5",
        "'/home/me/weights' is a path of a private machine",
    ),
    "a folder of Windows": Broken(
        "S106",
        top("FOLDER = 'C:\\\\Users\\\\me'"),
        "submission.py:5",
        "'C:\\\\Users\\\\me' is a path of a private machine",
    ),
    "requests": Broken("S107", top("import requests"), "submission.py:5", "imports requests"),
    "a model from a hub": Broken(
        "S107",
        top("def f():\n    return AutoModel.from_pretrained('x')"),
        "submission.py:6",
        "from_pretrained() downloads",
    ),
    "a load that may fail": Broken(
        "S108",
        top("try:\n    net = Net().to(DEVICE)\n    net.load_state_dict({})\nexcept Exception as e:\n    print(e)"),
        "submission.py:8",
        "an error in loading ends here, and the net keeps the weights it had",
    ),
    "a load under suppress": Broken(
        "S108",
        top("with contextlib.suppress(OSError):\n    net.to(DEVICE).load_state_dict({})"),
        "submission.py:5",
        "an error in loading is suppressed, and the net keeps the weights it had",
    ),
    "strict=False": Broken(
        "S109",
        top(LOAD.format(", strict=False")),
        "submission.py:6",
        "strict=False leaves weights random that do not fit",
    ),
    "a bare squeeze": Broken(
        "S110",
        changed(forward="return X[:, :1, :1].squeeze()"),
        "submission.py:13",
        "squeeze() also drops the batch axis at batch size 1",
    ),
    "torch.squeeze": Broken(
        "S110",
        changed(forward="return torch.squeeze(X[:, :1, :1])"),
        "submission.py:13",
        "squeeze() also drops the batch axis at batch size 1",
    ),
    "weights_only unsaid": Broken(
        "S111",
        top("state = torch.load(path)"),
        "submission.py:5",
        "torch.load without weights_only; its default changed in torch 2.6",
    ),
    "numpy in forward": Broken(
        "S112",
        changed(forward="return torch.from_numpy(X[:, 0, :1])"),
        "submission.py:13",
        "torch.from_numpy() crosses between torch and numpy",
    ),
    "RMSNorm": Broken(
        "S113", top("norm = torch.nn.RMSNorm(3)"), "submission.py:5", "torch.nn.RMSNorm is not in torch 2.2.2"
    ),
    "a module that came later": Broken(
        "S113",
        top("from torch.nn.attention import sdpa_kernel"),
        "submission.py:5",
        "torch.nn.attention.sdpa_kernel is not in torch 2.2.2",
    ),
    "a net that came later": Broken(
        "S113",
        top("from braindecode.models import EEGPT"),
        "submission.py:5",
        "braindecode.models.EEGPT is not in braindecode 1.2.0",
    ),
    "enable_gqa": Broken(
        "S114",
        top(
            "import torch.nn.functional as F\ndef f(q): return F.scaled_dot_product_attention(q, q, q, enable_gqa=True)"
        ),
        "submission.py:6",
        "torch.nn.functional.scaled_dot_product_attention takes no enable_gqa in torch 2.2.2",
    ),
    "a slip in a keyword": Broken(
        "S114",
        top("from torch import nn\nlayer = nn.Linear(3, 4, biass=False)"),
        "submission.py:6",
        "torch.nn.Linear takes no biass in torch 2.2.2 and torch 2.8.0",
    ),
    "predict": Broken(
        "S115",
        alone(INIT + TWO + "\n    def predict(self, X): pass"),
        "submission.py:5",
        "Submission.predict: neither the server nor the zip's own code calls it",
    ),
    "test-time augmentation": Broken(
        "S115",
        top(method("Wrapped", "def tta(self, X): return X")),
        "submission.py:6",
        "Wrapped.tta: neither the server nor the zip's own code calls it",
    ),
    "__call__": Broken(
        "S115",
        top(method("Wrapped", "def __call__(self, X): return 2 * X\n    def forward(self, X): return X")),
        "submission.py:6",
        "Wrapped.__call__: the server calls forward itself",
    ),
    "left on the CPU": Broken(
        "S116",
        top("def f(state):\n    Net().load_state_dict(state)"),
        "submission.py",
        "loads weights, and moves nothing to DEVICE: windows arrive on the GPU, the model stays on the CPU",
    ),
    "CPU in forward": Broken(
        "S116",
        changed(forward="return X.cpu()[:, 0, :1]"),
        "submission.py:13",
        "forward moves to the CPU, whatever the device",
    ),
    "training": Broken(
        "S117",
        top("def f(loss):\n    loss.backward()"),
        "submission.py:6",
        "backward() raises under inference_mode, and the rules allow no training on the server",
    ),
    "a hook": Broken(
        "S118",
        top("def f(net):\n    net.register_forward_hook(print)"),
        "submission.py:6",
        "register_forward_hook: hooks of the model itself never fire",
    ),
    "a load that is passed over": Broken(
        "S119",
        top("def f(path, net):\n    if path.exists():\n        net.to(DEVICE).load_state_dict(state)"),
        "submission.py:6",
        "where the file is missing nothing is loaded, and nothing said",
    ),
    "a pickle that runs a command": Broken(
        "S201",
        entries(("extra.pkl", weights.DANGEROUS_PICKLE)),
        "extra.pkl",
        "its pickle names builtins.eval, which runs code when it is loaded",
    ),
    "weights that run a command": Broken(
        "S201",
        entries(("w.pt", weights.DANGEROUS)),
        "w.pt",
        "its pickle names __builtin__.eval, which runs code when it is loaded",
    ),
    "a whole net pickled": Broken(
        "S202", entries(("w.pt", weights.saved(torch.nn.Linear(2, 1)))), "w.pt", "holds more than tensors ("
    ),
    "a numpy scalar": Broken(
        "S202",
        entries(("w.pt", weights.saved({"w": torch.ones(1), "loss": np.float64(0.5)}))),
        "w.pt",
        "numpy._core.multiarray.scalar",
    ),
    "a pointer of Git LFS": Broken(
        "S203",
        entries(("w.pt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")),
        "w.pt",
        "it is a pointer of Git LFS; the weights themselves were not fetched",
    ),
    "no weights in the file": Broken("S203", entries(("w.pt", "")), "w.pt", "it is empty"),
    "a web page": Broken(
        "S203",
        entries(("w.pt", "<!DOCTYPE html><title>404</title>")),
        "w.pt",
        "it is a web page, as a failed download leaves it",
    ),
    "weights cut short": Broken(
        "S203",
        entries(("w.pt", weights.GOOD[:-300])),
        "w.pt",
        "it begins as a zip and cannot be read as one (BadZipFile)",
    ),
    "weights without numbers": Broken(
        "S203",
        entries(("w.pt", weights.without(weights.GOOD, "/data/0"))),
        "w.pt",
        "the numbers of layer.weight are not in it",
    ),
    "NaN": Broken("S204", entries(("w.pt", weights.with_value(float("nan")))), "w.pt", "layer.weight holds NaN"),
    "infinity in bfloat16": Broken(
        "S204",
        entries(("w.pt", weights.saved({"w": torch.full((3,), float("inf"), dtype=torch.bfloat16)}))),
        "w.pt",
        "w holds inf",
    ),
    "the optimiser": Broken(
        "S205",
        entries(("w.pt", weights.with_optimiser())),
        "w.pt",
        "optimizer: 67% of its numbers are of use in training alone",
    ),
    "the same weights twice": Broken(
        "S206", entries(("c1.pt", weights.GOOD), ("c2.pt", weights.GOOD)), "c1.pt", "the same bytes as c2.pt"
    ),
    "weights left out": Broken(
        "S207",
        top("def f(): return torch.load('c1.pt', weights_only=True)"),
        "submission.py:5",
        "names c1.pt, which is not in the zip",
    ),
    "a file exchanged": Broken(
        "S208",
        listed(**{"w.txt": {"sha256": "0" * 64}}),
        "w.txt",
        "is not the file that manifest.json lists: its sha256 differs",
    ),
    "a listed file left out": Broken(
        "S208",
        listed(**{"w.txt": {"sha256": SHA}, "v.pt": {}}),
        "v.pt",
        "manifest.json lists it, and it is not in the zip",
    ),
}
