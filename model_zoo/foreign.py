"""Weights that another training program saved: find a net's tensors, whatever else the file holds.

No code in the file is executed. Tensors, plain Python values, and numpy's arrays and scalars are read.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import safe_open

from submission_builder.base.errors import CheckpointError
from submission_builder.base.input_file import require_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from torch import Tensor

_STATE_KEYS = ("state_dict", "model_state_dict", "model")
"""Keys that a net is usually saved under; the first that holds a fitting net wins."""

_COMPILED = "_orig_mod."
_AVERAGE = re.compile(r"(^|_)(ema|swa|averaged?)(_|$)", re.IGNORECASE)
_NAMED = 8
_SCALAR: Any = np.float64(0).__reduce__()[0]
_RECONSTRUCT: Any = np.zeros(0).__reduce__()[0]
_MULTIARRAY = ("numpy._core.multiarray", "numpy.core.multiarray")  # since numpy 2, before
_NUMPY: list[Any] = [
    np.dtype,
    np.ndarray,
    *{type(np.dtype(code)) for code in "?bBhHiIlLqQefdUS"},
    *((_SCALAR, f"{module}.scalar") for module in _MULTIARRAY),
    *((_RECONSTRUCT, f"{module}._reconstruct") for module in _MULTIARRAY),
]
"""Globals that torch's reader may use besides its own: numpy's arrays, scalars and types, which execute no code."""


@dataclass(frozen=True)
class Foreign:
    """The content of a file of weights."""

    tensors: dict[str, Tensor]
    """Every tensor under its full name: the keys that lead to it, joined by dots, without the ``_orig_mod.`` of
    torch.compile. Tensors are memory-mapped where the file format allows."""
    others: tuple[str, ...]
    """Full names of everything else, such as ``epoch``."""
    parts: dict[str, dict[str, str]]
    """Candidates for the state dict of a net: for each prefix of names, the full name of each tensor by its name
    without the prefix. A prefix that ends in ``*`` stands for the tensors of one dict without those of the dicts inside
    it. A prefix precedes the longer ones that begin with it."""
    sections: tuple[str, ...]
    """Prefixes to look for a net under, the preferred first; the last is the whole file."""
    plain: bool
    """The file is in the zip format of torch.save and holds one flat state dict under exactly these names."""

    def state(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors of a part."""
        return {name: self.tensors[full] for name, full in self.parts[prefix].items()}

    def left_out(self, prefix: str) -> tuple[str, ...]:
        """Name everything but the tensors of a part; a name ends at the first key that differs from the prefix."""
        inside = set(self.parts[prefix].values())
        names = [*(name for name in self.tensors if name not in inside), *self.others]
        return tuple(sorted({_first_difference(name, prefix) for name in names}))


def read_foreign(path: Path) -> Foreign:
    """Read a file that ``torch.save`` or safetensors wrote.

    Raises
    ------
    CheckpointError
        If the file cannot be read, needs code to be executed, or holds no tensors.
    """
    content = _loaded(path)
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} holds a {type(content).__name__}; a state_dict is expected")
    leaves = list(_leaves(content))
    tensors = {place + name: leaf for place, name, leaf in leaves if isinstance(leaf, torch.Tensor)}
    if not tensors:
        keys = ", ".join(sorted(map(str, content))[:_NAMED]) or "none"
        raise CheckpointError(f"{path} holds no tensors (keys: {keys}); a state_dict is expected")
    others = tuple(place + name for place, name, leaf in leaves if not isinstance(leaf, torch.Tensor))
    parts = _parts((place, name) for place, name, leaf in leaves if isinstance(leaf, torch.Tensor))
    sections = (*(f"{key}." for key in _STATE_KEYS if isinstance(content.get(key), dict)), "")
    plain = all(content.get(name) is tensor for name, tensor in tensors.items()) and not others
    return Foreign(tensors, others, parts, sections, plain and zipfile.is_zipfile(path))


def matching_prefixes(foreign: Foreign, fits: Callable[[dict[str, Tensor]], bool]) -> list[str]:
    """Find the nets in a file.

    The sections are searched in order; one is searched only if no net is in those before it. In a section, a running
    average of the weights (a key such as ``ema``) counts only if nothing else fits, and the same tensors under a second
    name do not count.

    Parameters
    ----------
    foreign
        Content of the file.
    fits
        Whether a state dict is that of the net.

    Returns
    -------
    list[str]
        Prefixes of different nets that fit.
    """
    for section in foreign.sections:
        found: list[str] = []
        for prefix in foreign.parts:
            inner = any(prefix.startswith(outer) for outer in found)
            if prefix.startswith(section) and not inner and fits(foreign.state(prefix)):
                found.append(prefix)
        if found:
            found = [prefix for prefix in found if not _is_average(prefix)] or found
            return _distinct(foreign, found)
    return []


def is_torchscript(path: Path) -> bool:
    """Whether a file is a TorchScript archive, which holds its own code."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(re.fullmatch(r"[^/]+/constants\.pkl", name) for name in archive.namelist())


def _loaded(path: Path) -> Any:
    require_file(path, "a file of weights", CheckpointError)
    if not path.stat().st_size:
        raise CheckpointError(f"{path} is empty; a file of weights is expected")
    try:
        if _is_safetensors(path):
            with safe_open(path, framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        with torch.serialization.safe_globals(_NUMPY):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from error
    except pickle.UnpicklingError as error:
        refused = re.search(r"Unsupported global: GLOBAL (\S+)", str(error))
        if refused:
            raise CheckpointError(
                f"{path} holds a {refused[1]}, which cannot be loaded without executing code; tensors, plain Python "
                "values and numpy arrays are expected",
                hint="if you trust the file, save its state_dict alone: "
                "torch.save(torch.load(PATH, weights_only=False)[...], NEW)",
            ) from error
        raise _no_weights(path, error) from error
    except Exception as error:  # of a file that is no checkpoint, the readers raise whatever they come across
        raise _no_weights(path, error) from error


def _is_safetensors(path: Path) -> bool:
    """Whether a file is named as safetensors, or starts as its format does: the length of the header, then JSON."""
    if path.suffix == ".safetensors":
        return True
    with path.open("rb") as file:
        start = file.read(9)
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") <= path.stat().st_size


def _no_weights(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{path} cannot be loaded as weights ({type(error).__name__}); a state_dict that torch.save or safetensors "
        "wrote is expected"
    )


def _leaves(content: dict[Any, Any]) -> Iterator[tuple[str, str, object]]:
    """Walk nested dicts and lists: for each leaf the prefix of its dict, its key there, and its value.

    Each dict or list is entered once, so that a file that refers to itself ends too.
    """
    seen: set[int] = set()
    waiting: list[tuple[str, str, object]] = [("", "", content)]
    while waiting:
        place, name, value = waiting.pop()
        if isinstance(value, dict | list | tuple) and value and id(value) not in seen:
            seen.add(id(value))
            inner = f"{place}{name}." if name else ""
            items = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [(inner, str(key).replace(_COMPILED, ""), item) for key, item in items][::-1]
        else:
            yield place, name, _tensor(value) if isinstance(value, np.ndarray) else value


def _parts(places: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Group full names by each of their prefixes; see :attr:`Foreign.parts`."""
    parts: dict[str, dict[str, str]] = {"": {}}
    own: dict[str, dict[str, str]] = {}
    for place, name in places:
        full = place + name
        for end in (0, *(dot.end() for dot in re.finditer(r"\.", full))):
            parts.setdefault(full[:end], {})[full[end:]] = full
        own.setdefault(place, {})[name] = full
    parts |= {f"{place}*": names for place, names in own.items() if len(names) < len(parts[place])}
    return dict(sorted(parts.items(), key=lambda item: item[0].count(".")))


def _tensor(array: np.ndarray[Any, Any]) -> Tensor | None:
    try:
        return torch.from_numpy(array)
    except (TypeError, ValueError):  # text, objects, a foreign byte order
        return None


def _first_difference(name: str, prefix: str) -> str:
    ours, theirs = name.split("."), prefix.removesuffix("*").split(".")
    shared = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), len(theirs))
    return ".".join(ours[: shared + 1])


def _is_average(prefix: str) -> bool:
    return any(_AVERAGE.search(part) for part in prefix.split("."))


def _distinct(foreign: Foreign, prefixes: list[str]) -> list[str]:
    """Drop the prefixes whose tensors equal those of an earlier one, such as those of a module with two names."""
    found: list[str] = []
    for prefix in prefixes:
        state = foreign.state(prefix)
        if not any(_equal(state, foreign.state(earlier)) for earlier in found):
            found.append(prefix)
    return found


def _equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(tensor, b[name]) for name, tensor in a.items())
