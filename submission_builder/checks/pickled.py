"""The outline of a pickle: its containers and tensors, read without importing or calling the names in it."""

from __future__ import annotations

import io
import math
import pickle
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST = 2 << 20
"""Longest pickle that is read, in bytes. It holds no values of tensors itself; a thousand tensors take 150 KB."""

_OPCODES = (
    "PROTO FRAME MARK STOP NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE "
    "BINBYTES SHORT_BINBYTES SHORT_BINSTRING EMPTY_LIST APPEND APPENDS LIST EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 "
    "EMPTY_DICT SETITEM SETITEMS GLOBAL STACK_GLOBAL REDUCE BUILD BINPERSID BINPUT LONG_BINPUT BINGET LONG_BINGET "
    "MEMOIZE"
)
"""The opcodes that torch.save uses. Those of sets, extensions and instances of classes are left out."""


class Unreadable(Exception):  # noqa: N818 - not an error of ours: a fact about a file
    """The bytes are not the pickle of a checkpoint."""


@dataclass(frozen=True, eq=False)
class Storage:
    """Values that tensors share: the name of their file, their type and their number."""

    key: str
    kind: str
    numel: int


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor's storage and shape."""

    storage: Storage
    shape: tuple[int, ...]

    @property
    def numel(self) -> int:
        """Number of values."""
        return math.prod(self.shape)


class _Dict(dict[Any, Any]):
    """A dictionary whose attributes are dropped."""

    def __setstate__(self, state: object) -> None: ...


class _Opaque:
    """An object of an unknown class."""

    def __setstate__(self, state: object) -> None: ...


@dataclass(frozen=True, eq=False)
class _Named:
    """A class or function that the pickle names; a call returns the outline of the result and runs nothing."""

    name: str

    def __call__(self, *args: Any) -> Any:
        if self.name == "collections.OrderedDict" and not args:
            return _Dict()
        if self.name.startswith("torch._utils._rebuild_tensor") and isinstance(args[0], Storage):
            return Tensor(args[0], tuple(map(int, args[2])))
        if self.name == "torch._utils._rebuild_parameter":
            return args[0]
        return _Opaque()


class _Outline(pickle._Unpickler):  # noqa: SLF001 - the version in Python, whose opcodes can be restricted
    """An unpickler that runs no code and hashes only plain keys."""

    stack: list[Any]
    dispatch: ClassVar[dict[int, Callable[..., None]]] = {
        getattr(pickle, name)[0]: pickle._Unpickler.dispatch[getattr(pickle, name)[0]]  # noqa: SLF001
        for name in _OPCODES.split()
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return the name instead of importing it."""
        return _Named(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        """Read a storage: ``("storage", type, key, location, numel)``."""
        _, kind, key, _, numel = pid
        return Storage(str(key), kind.name.rpartition(".")[2].removesuffix("Storage"), int(numel))

    def _set_item(self) -> None:
        _require_plain(self.stack[-2])
        pickle._Unpickler.load_setitem(self)  # type: ignore[attr-defined]  # noqa: SLF001

    def _set_items(self) -> None:
        for key in self.stack[::2]:
            _require_plain(key)
        pickle._Unpickler.load_setitems(self)  # type: ignore[attr-defined]  # noqa: SLF001

    dispatch[pickle.SETITEM[0]] = _set_item
    dispatch[pickle.SETITEMS[0]] = _set_items


def outline(content: bytes) -> Any:
    """Read the outline of a pickle.

    Raises
    ------
    Unreadable
        If it is too long or damaged, or has objects that a checkpoint of tensors does not have.
    """
    if len(content) > LONGEST:
        raise Unreadable(f"the pickle is longer than {LONGEST >> 20} MiB")
    try:
        return _Outline(io.BytesIO(content)).load()
    except MemoryError:
        raise
    except Exception as error:  # a damaged or hostile pickle can raise anything
        raise Unreadable(f"the pickle is not that of a checkpoint ({type(error).__name__})") from error


def tensors(tree: Any) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors below a node with their dotted names, each node once."""
    seen: set[int] = set()
    below: deque[tuple[str, Any]] = deque([("", tree)])
    while below:
        name, node = below.popleft()
        if isinstance(node, Tensor):
            yield name, node
        elif isinstance(node, dict | list | tuple) and id(node) not in seen:
            seen.add(id(node))
            items = node.items() if isinstance(node, dict) else enumerate(node)
            below += ((f"{name}.{key}" if name else str(key), child) for key, child in items)


def _require_plain(key: object) -> None:
    """Refuse a key whose hash could take long or end the process, such as a deeply nested tuple."""
    if not isinstance(key, str | int | float | bytes | None):
        raise Unreadable("a key is neither text nor a number")
