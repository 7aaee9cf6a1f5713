"""The names in a pickle, sorted by what ``torch.load`` and a reader of pickles make of them."""

from __future__ import annotations

import io
import itertools
import logging
import pickletools
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from picklescan.scanner import SafetyLevel, scan_pickle_bytes

from submission_builder.checks.pickled_objects import Name, read_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LONGEST_SCANNED = 32 << 20
_MOST_OPCODES = 1_000_000

_TORCH_ACCEPTS = re.compile(
    r"collections\.OrderedDict|torch\.(Size|Tensor|nn\.parameter\.Parameter|serialization\._get_layout)"
    r"|torch\.\w+Storage|torch\.storage\.\w+Storage|torch\.(float|int|uint|complex|bool)\w*"
    r"|torch\._utils\._rebuild_\w+|torch\._tensor\._rebuild_from_type_v2"
)
"""Names that torch 2.2.2 accepts with ``weights_only=True``."""

logging.getLogger("picklescan").setLevel(logging.CRITICAL)  # the checks report what it finds


@dataclass(frozen=True)
class PickledNames:
    """The names in the pickles of a weight file."""

    dangerous: frozenset[str] = frozenset()
    """Dotted names that can run any code."""
    foreign: frozenset[str] = frozenset()
    """Other dotted names that ``weights_only=True`` refuses."""
    imported: frozenset[Name] = frozenset()
    """All names, as module and name."""
    sklearn: frozenset[str] = frozenset()
    """Versions of scikit-learn under which estimators were pickled."""
    whole: bool = True
    """Whether the pickles were read to their ends."""

    def __or__(self, other: PickledNames) -> PickledNames:
        return PickledNames(
            self.dangerous | other.dangerous,
            self.foreign | other.foreign,
            self.imported | other.imported,
            self.sklearn | other.sklearn,
            self.whole and other.whole,
        )


NO_NAMES = PickledNames()
"""The names in a file without pickles."""


def read_names(opened: Callable[[], IO[bytes]]) -> PickledNames | None:
    """Return the names in the pickles of a file; None if the file does not begin like a pickle.

    Parameters
    ----------
    opened
        Opens the file, and is called twice.
    """
    content = opened().read(_LONGEST_SCANNED)
    if next(_opcodes(content), None) is None:
        return None
    objects = read_objects(opened())
    scanned = _rated(objects.names)
    if sum(1 for _ in itertools.islice(_opcodes(content), _MOST_OPCODES)) == _MOST_OPCODES:
        scanned |= PickledNames(foreign=frozenset({f"more than {_MOST_OPCODES:,} opcodes, which were not read"}))
    else:
        scanned |= _scanned(content)
    return scanned | PickledNames(
        imported=frozenset(objects.names), sklearn=frozenset(objects.sklearn), whole=objects.whole
    )


def _rated(names: Iterable[Name]) -> PickledNames:
    """Sort names, by way of a pickle that holds only these."""
    safe = [(module, name) for module, name in names if "\n" not in module + name]
    pickled = "".join(f"c{module}\n{name}\n0" for module, name in safe) + "N."
    return _scanned(pickled.encode("utf-8", "replace"))


def _scanned(content: bytes) -> PickledNames:
    found = scan_pickle_bytes(io.BytesIO(content), "").globals
    dangerous = {f"{one.module}.{one.name}" for one in found if one.safety is SafetyLevel.Dangerous}
    others = {f"{one.module}.{one.name}" for one in found} - dangerous
    foreign = {name for name in others if not _TORCH_ACCEPTS.fullmatch(name)}
    return PickledNames(frozenset(dangerous), frozenset(foreign))


def _opcodes(content: bytes) -> Iterator[str]:
    """Yield the names of a pickle's opcodes, up to its end or to the first byte that is none."""
    try:
        for opcode, _, _ in pickletools.genops(content):
            yield opcode.name
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a damaged pickle can raise anything
        return
