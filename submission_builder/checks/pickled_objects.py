"""The names and versions in any pickle, also one of joblib, read without importing or calling anything."""

from __future__ import annotations

import math
import pickle
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Name = tuple[str, str]
"""A module and a name in it."""

_MOST_OPCODES = 1_000_000
_MOST_BYTES = 1 << 30
_MOST_KEPT = 64 << 20
_MOST_PICKLES = 8  # torch wrote five to a file before version 1.6
_CHUNK = 1 << 20
_ARRAY = ("joblib.numpy_pickle", "NumpyArrayWrapper")
_OBJECTS_IN_ARRAY = 1
"""The flag of numpy's dtypes for arrays of Python objects."""


@dataclass
class PickledObjects:
    """The names and versions in the pickles of a file."""

    names: set[Name] = field(default_factory=set)
    """Everything that the pickles import."""
    sklearn: set[str] = field(default_factory=set)
    """Versions of scikit-learn under which estimators were pickled."""
    whole: bool = False
    """Whether the first pickle was read to its end."""


def read_objects(file: IO[bytes]) -> PickledObjects:
    """Read the names and versions in the pickles of a file, up to the first byte that cannot be read."""
    found = PickledObjects()
    bounded, opcodes = _Bounded(file), _Counted(_opcodes())
    try:
        for _ in range(_MOST_PICKLES):
            _Reader(bounded, opcodes, found).load()
            found.whole = True
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a damaged or hostile pickle can raise anything
        return found
    return found


class _TooLongError(Exception):
    """The pickle has more opcodes or bytes than are read."""


class _Bounded:
    """A file of which a limited number of bytes is read, and fewer are kept: values of arrays are not needed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._left, self._left_to_keep = file, _MOST_BYTES, _MOST_KEPT

    def read(self, n: int) -> bytes:
        """Read n bytes; of a long text or array, return nothing."""
        if n > _CHUNK:
            self.skip(n)
            return b""
        self._left_to_keep -= n
        return self._take(n)

    def readline(self) -> bytes:
        """Read a line."""
        line = self._file.readline(_CHUNK)
        self._left_to_keep -= len(line)
        return line

    def skip(self, n: int) -> None:
        """Skip n bytes."""
        for first in range(0, n, _CHUNK):
            if not self._take(min(_CHUNK, n - first)):
                raise EOFError

    def _take(self, n: int) -> bytes:
        self._left -= n
        if min(self._left, self._left_to_keep) < 0:
            raise _TooLongError
        return self._file.read(n)


class _Counted(dict[int, "Callable[[_Reader], None]"]):
    """The functions that read the opcodes; they can be looked up a limited number of times."""

    left = _MOST_OPCODES

    def __getitem__(self, opcode: int) -> Callable[[_Reader], None]:
        self.left -= 1
        if self.left < 0:
            raise _TooLongError
        return super().__getitem__(opcode)


@dataclass(eq=False)
class _Object:
    """The result of a call: what is called, and with which arguments."""

    made_by: Any = None
    arguments: Any = ()


class _Reader(pickle._Unpickler):  # noqa: SLF001 - the version in Python, whose opcodes can be replaced
    """An unpickler with an :class:`_Object` for the result of every call, and a tuple for every imported name."""

    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, file: _Bounded, opcodes: _Counted, found: PickledObjects) -> None:
        super().__init__(file)
        self._bounded, self._found = file, found
        self.dispatch = self._opcodes = opcodes  # type: ignore[misc,assignment] # read from the instance

    def find_class(self, module: str, name: str) -> Any:
        """Return the name instead of importing it."""
        self._found.names.add((module, name))
        return (module, name)

    def persistent_load(self, _: Any) -> Any:
        """Return an object for a storage of torch."""
        return _Object()

    def get_extension(self, _: int) -> None:
        """Push an object for a name that a registry of the process would give."""
        self.append(_Object())

    def load_reduce(self) -> None:
        """Read the opcode that calls a function."""
        arguments = self.stack.pop()
        self.stack[-1] = _Object(self.stack[-1], arguments)

    load_newobj = load_reduce

    def load_newobj_ex(self) -> None:
        """Read the opcode that makes an object with keyword arguments."""
        self.stack.pop()
        self.load_reduce()

    def load_obj(self) -> None:
        """Read the opcode that makes an object in protocol 1."""
        made_by, *arguments = self.pop_mark()
        self.append(_Object(made_by, arguments))

    def load_inst(self) -> None:
        """Read the opcode that makes an object in protocol 0."""
        module, name = (self.readline()[:-1].decode("ascii") for _ in range(2))  # type: ignore[attr-defined]
        self.append(_Object(self.find_class(module, name), self.pop_mark()))

    def load_build(self) -> None:
        """Read the opcode that sets the state of an object."""
        state, made = self.stack.pop(), self.stack[-1]
        if isinstance(state, dict) and isinstance(version := state.get("_sklearn_version"), str):
            self._found.sklearn.add(version)
        if isinstance(made, _Object) and made.made_by == ("numpy", "dtype"):
            made.arguments = (*made.arguments, state)
        elif isinstance(made, _Object) and made.made_by == _ARRAY:
            self._skip_array(state)

    def _skip_array(self, state: dict[str, Any]) -> None:
        """Skip the values of an array, which joblib writes between the opcodes."""
        type_, *_, flags = state["dtype"].arguments
        if flags[-1] & _OBJECTS_IN_ARRAY or type_.startswith("O"):
            _Reader(self._bounded, self._opcodes, self._found).load()
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            self._bounded.skip(self._bounded.read(1)[0])
        self._bounded.skip(math.prod(state["shape"]) * np.dtype(type_).itemsize)

    def load_dict(self) -> None:
        """Read the opcode that makes a dictionary."""
        self.append(_plain_items(self.pop_mark()))

    def load_setitem(self) -> None:
        """Read the opcode that adds an item to a dictionary."""
        value, key = self.stack.pop(), self.stack.pop()
        self._update([key, value])

    def load_setitems(self) -> None:
        """Read the opcode that adds items to a dictionary."""
        self._update(self.pop_mark())

    def load_append(self) -> None:
        """Read the opcode that adds an element to a list."""
        self.stack.pop()

    def load_appends(self) -> None:
        """Read the opcode that adds elements to a list."""
        self.pop_mark()

    def load_additems(self) -> None:
        """Read the opcode that adds elements to a set."""
        self.pop_mark()

    def load_frozenset(self) -> None:
        """Read the opcode that makes a frozen set."""
        self.pop_mark()
        self.append(_Object())

    def load_bytearray8(self) -> None:
        """Read the opcode that makes a bytearray."""
        self.append(self.read(int.from_bytes(self.read(8), "little")))  # type: ignore[attr-defined]

    def _update(self, items: list[Any]) -> None:
        if isinstance(self.stack[-1], dict):
            self.stack[-1].update(_plain_items(items))


def _opcodes() -> dict[int, Callable[[_Reader], None]]:
    """Return the function that reads each opcode."""
    base = pickle._Unpickler.dispatch  # noqa: SLF001
    return {opcode: getattr(_Reader, function.__name__) for opcode, function in base.items()}


def _plain_items(items: list[Any]) -> dict[Any, Any]:
    """Return the items whose keys can be hashed quickly, unlike a nested tuple."""
    pairs = zip(items[::2], items[1::2], strict=True)
    return {key: value for key, value in pairs if isinstance(key, str | int | float | bytes | None)}
