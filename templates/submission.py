"""The entry point that the server imports. This file is the same in every zip that subpack builds.

The file manifest.json beside it describes the model of each challenge: its nets with their keyword arguments and
weights, the ensemble weight of each net, and the wrappers around them. All files are in the folder of this file.
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
    """The class that the server instantiates.

    Parameters
    ----------
    SFREQ
        Sampling frequency of the windows in Hz.
    DEVICE
        Device of the windows.
    """

    def __init__(self, SFREQ: int, DEVICE: torch.device) -> None:
        self.sfreq = SFREQ
        self.device = DEVICE
        self.manifest = json.loads(find_file("manifest.json").read_text(encoding="utf-8"))

    def get_model_challenge_1(self) -> torch.nn.Module:
        """Return the model for challenge 1, the response time in seconds."""
        return self.build_model("1")

    def get_model_challenge_2(self) -> torch.nn.Module:
        """Return the model for challenge 2, the externalizing factor."""
        return self.build_model("2")

    def build_model(self, challenge: str) -> torch.nn.Module:
        """Build the model of a challenge, on the device and in eval mode."""
        entry = self.manifest["challenges"][challenge]
        nets = [self.build_net(member) for member in entry["members"]]
        model: torch.nn.Module = nets[0]
        if len(nets) > 1:
            model = import_cargo("ensemble").Ensemble(nets, entry["weights"])
        for wrapper in entry["wrappers"]:
            model = getattr(import_cargo(wrapper["module"]), wrapper["class"])(model, **wrapper["kwargs"])
        return model.to(self.device).eval()

    def build_net(self, member: "dict[str, Any]") -> torch.nn.Module:
        """Build a net and load its weights strictly; weights that are stored in half precision become float32."""
        if member["origin"] == "torchscript":
            path = str(self.verify(member["weights"]))
            script: torch.nn.Module = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
            return script
        module = import_cargo(member["module"]) if member["origin"] == "zoo" else import_source(member["module"])
        net: torch.nn.Module = getattr(module, member["class"])(**member["kwargs"])
        if member["weights"] is not None:
            state = torch.load(self.verify(member["weights"]), map_location="cpu", weights_only=True)
            net.load_state_dict(state, strict=True)
        return net

    def verify(self, name: str) -> Path:
        """Return the path of a file after comparing its sha256 with the manifest."""
        path = find_file(name)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            for chunk in iter(lambda: file.read(CHUNK), b""):
                digest.update(chunk)
        if digest.hexdigest() != self.manifest["files"][name]["sha256"]:
            raise RuntimeError(f"the sha256 of {name} is not the one in manifest.json")
        return path


def find_file(name: str) -> Path:
    """Return the path of a file in this folder; the error for a missing file lists the files that exist."""
    path = FOLDER / name
    if not path.is_file():
        names = ", ".join(sorted(p.name for p in FOLDER.iterdir()))
        raise FileNotFoundError(f"{name} is not in {FOLDER}, which contains: {names}")
    return path


def import_cargo(module: str) -> types.ModuleType:
    """Import one of subpack's net files, which are in this folder, as a module of an in-memory package.

    The package makes the relative imports of these files work without changes.
    """
    if PACKAGE not in sys.modules:
        package = types.ModuleType(PACKAGE)
        package.__path__ = [str(FOLDER)]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.{module}")


def import_source(module: str) -> types.ModuleType:
    """Import a module of the user's own code, which is in the folder ``sources``."""
    folder = str(FOLDER / "sources")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(module)
