"""The entry point that the server imports; the same file in every zip that subpack builds.

What varies stands in manifest.json beside it: for each challenge its nets' modules, classes, keyword arguments,
weights files, and how much each counts. Everything is looked for in the folder of this file, wherever the server
unpacks it.
"""

import hashlib
import importlib
import json
import sys
import types
from pathlib import Path
from typing import Any

import torch

FOLDER = Path(__file__).resolve().parent
PACKAGE = "_subpack_cargo"


class Submission:
    """What the server builds, once per challenge.

    Parameters
    ----------
    SFREQ
        Sampling frequency of the windows in Hz.
    DEVICE
        Where the windows will lie.
    """

    def __init__(self, SFREQ: int, DEVICE: torch.device) -> None:
        self.sfreq = SFREQ
        self.device = DEVICE
        self.manifest = json.loads(read("manifest.json"))

    def get_model_challenge_1(self) -> torch.nn.Module:
        """Model for the response time."""
        return self.load("1")

    def get_model_challenge_2(self) -> torch.nn.Module:
        """Model for the externalizing factor."""
        return self.load("2")

    def load(self, challenge: str) -> torch.nn.Module:
        """Build what answers a challenge and put it on the device."""
        blend = self.manifest["challenges"][challenge]
        nets = [self.member(member) for member in blend["members"]]
        net: torch.nn.Module = nets[0]
        if len(nets) > 1:
            net = cargo("ensemble").Ensemble(nets, blend["weights"])
        return net.to(self.device).eval()

    def member(self, member: "dict[str, Any]") -> torch.nn.Module:
        """Build a net and load its weights strictly."""
        net: torch.nn.Module = getattr(cargo(member["module"]), member["class"])(**member["kwargs"])
        if member["weights"] is not None:
            content = read(member["weights"])
            expected = self.manifest["files"][member["weights"]]["sha256"]
            if hashlib.sha256(content).hexdigest() != expected:
                raise RuntimeError(f"{member['weights']} is not the file that was packed: its sha256 differs")
            state = torch.load(FOLDER / member["weights"], map_location="cpu", weights_only=True)
            net.load_state_dict(state, strict=True)
        return net


def read(name: str) -> bytes:
    """Read a file that was packed; an error says where it was looked for and what lies there."""
    path = FOLDER / name
    if not path.is_file():
        there = ", ".join(sorted(p.name for p in FOLDER.iterdir()))
        raise FileNotFoundError(f"{name} is not in {FOLDER}, which holds: {there}")
    return path.read_bytes()


def cargo(module: str) -> types.ModuleType:
    """Import a net's file from this folder, as a member of an in-memory package.

    The files import their siblings by a leading dot, so they run here unchanged.
    """
    if PACKAGE not in sys.modules:
        package = types.ModuleType(PACKAGE)
        package.__path__ = [str(FOLDER)]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.{module}")
