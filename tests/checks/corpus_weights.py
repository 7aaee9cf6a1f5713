"""Zips with one defect of the weight files."""

import hashlib
import json

import numpy as np
import saved_weights as weights
import torch
from broken import Broken, entries, top

SHA = hashlib.sha256(b"weights").hexdigest()


def listed(**facts):
    return entries(("manifest.json", json.dumps({"files": facts})), ("w.txt", "weights"))


WEIGHTS = {
    "a pickle that runs a command": Broken(
        "S201",
        entries(("extra.pkl", weights.DANGEROUS_PICKLE)),
        "extra.pkl",
        "The pickle names builtins.eval, which can run any code when it is loaded",
    ),
    "weights that run a command": Broken(
        "S201",
        entries(("w.pt", weights.DANGEROUS)),
        "w.pt",
        "The pickle names __builtin__.eval, which can run any code when it is loaded",
    ),
    "a whole net pickled": Broken(
        "S202", entries(("w.pt", weights.saved(torch.nn.Linear(2, 1)))), "w.pt", "The file contains more than tensors ("
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
        "The file is a Git LFS pointer; the weights themselves were not fetched",
    ),
    "an empty file": Broken("S203", entries(("w.pt", "")), "w.pt", "The file is empty"),
    "a web page": Broken(
        "S203",
        entries(("w.pt", "<!DOCTYPE html><title>404</title>")),
        "w.pt",
        "The file is a web page; a failed download may have saved it",
    ),
    "weights cut short": Broken(
        "S203",
        entries(("w.pt", weights.GOOD[:-300])),
        "w.pt",
        "The file begins like a zip and cannot be read as one (File is not a zip file)",
    ),
    "weights without values": Broken(
        "S203",
        entries(("w.pt", weights.without(weights.GOOD, "/data/0"))),
        "w.pt",
        "The values of layer.weight are not in the file",
    ),
    "NaN": Broken("S204", entries(("w.pt", weights.with_value(float("nan")))), "w.pt", "layer.weight contains NaN"),
    "infinity in bfloat16": Broken(
        "S204",
        entries(("w.pt", weights.saved({"w": torch.full((3,), float("inf"), dtype=torch.bfloat16)}))),
        "w.pt",
        "w contains inf",
    ),
    "the state of an optimizer": Broken(
        "S205",
        entries(("w.pt", weights.with_optimizer())),
        "w.pt",
        "optimizer: only training uses 67% of the values in the file",
    ),
    "the same weights twice": Broken(
        "S206",
        entries(("c1.pt", weights.GOOD), ("c2.pt", weights.GOOD)),
        "c1.pt",
        "The file has the same contents as c2.pt",
    ),
    "weights that are missing": Broken(
        "S207",
        top("state = torch.load('c1.pt', weights_only=True)"),
        "submission.py:5",
        "The code names c1.pt, which is not in the zip",
    ),
    "a file that was replaced": Broken(
        "S208",
        listed(**{"w.txt": {"sha256": "0" * 64}}),
        "w.txt",
        "The sha256 of the file differs from that in manifest.json",
    ),
    "a listed file that is missing": Broken(
        "S208",
        listed(**{"w.txt": {"sha256": SHA}, "v.pt": {}}),
        "v.pt",
        "manifest.json lists the file, and the zip does not contain it",
    ),
}
