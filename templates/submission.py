"""The entry point that the server imports; the same file in every zip that subpack builds.

What varies stands in manifest.json beside it: for each challenge its nets, their keyword arguments and weights, how
much each counts, and what goes round them. Everything is looked for in the folder of this file, wherever the server
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
CHUNK = 1 << 20


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
        self.manifest = json.loads(find("manifest.json").read_text(encoding="utf-8"))

    def get_model_challenge_1(self) -> torch.nn.Module:
        """Model for the response time."""
        return self.load("1")

    def get_model_challenge_2(self) -> torch.nn.Module:
        """Model for the externalizing factor."""
        return self.load("2")

    def load(self, challenge: str) -> torch.nn.Module:
        """Build what predictions a challenge and put it on the device."""
        blend = self.manifest["challenges"][challenge]
        nets = [self.member(member) for member in blend["members"]]
        net: torch.nn.Module = nets[0]
        if len(nets) > 1:
            net = cargo("ensemble").Ensemble(nets, blend["weights"])
        for wrapper in blend["wrappers"]:
            net = getattr(cargo(wrapper["module"]), wrapper["class"])(net, **wrapper["kwargs"])
        return net.to(self.device).eval()

    def member(self, member: "dict[str, Any]") -> torch.nn.Module:
        """Build a net and load its weights strictly; half-precision weights become float32 again."""
        if member["origin"] == "torchscript":
            path = str(self.verified(member["weights"]))
            script: torch.nn.Module = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
            return script
        module = cargo(member["module"]) if member["origin"] == "zoo" else source(member["module"])
        net: torch.nn.Module = getattr(module, member["class"])(**member["kwargs"])
        if member["weights"] is not None:
            state = torch.load(self.verified(member["weights"]), map_location="cpu", weights_only=True)
            net.load_state_dict(state, strict=True)
        return net

    def verified(self, name: str) -> Path:
        """Find a file and make sure that it is the one that was packed."""
        path = find(name)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            for chunk in iter(lambda: file.read(CHUNK), b""):
                digest.update(chunk)
        if digest.hexdigest() != self.manifest["files"][name]["sha256"]:
            raise RuntimeError(f"{name} is not the file that was packed: its sha256 differs")
        return path


def find(name: str) -> Path:
    """Find a file that was packed; an error says where it was looked for and what lies there."""
    path = FOLDER / name
    if not path.is_file():
        there = ", ".join(sorted(p.name for p in FOLDER.iterdir()))
        raise FileNotFoundError(f"{name} is not in {FOLDER}, which holds: {there}")
    return path


def cargo(module: str) -> types.ModuleType:
    """Import a file of subpack's nets from this folder, as a member of an in-memory package.

    The files import their siblings by a leading dot, so they run here unchanged.
    """
    if PACKAGE not in sys.modules:
        package = types.ModuleType(PACKAGE)
        package.__path__ = [str(FOLDER)]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.{module}")


def source(module: str) -> types.ModuleType:
    """Import a module of the submission's own code, which lies in the folder ``sources`` under its own name."""
    folder = str(FOLDER / "sources")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(module)
