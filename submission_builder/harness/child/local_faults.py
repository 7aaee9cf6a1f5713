"""Failures that only this machine has: no CUDA device, or no package that the server may have.

An exception counts only if torch or the import system raised it, or if the submission raised it where it tests for a
CUDA device. A submission that raises one of its own with a similar text is at fault itself.
"""

import ast
import dis
import importlib.machinery
import linecache
import re
from collections.abc import Iterator  # noqa: TC003 - Python 3.10 without postponed annotations
from pathlib import Path
from types import FrameType, ModuleType, TracebackType

import torch

WITHOUT_GPU = re.compile(
    r"Found no NVIDIA driver|Torch not compiled with CUDA|deserialize object on a CUDA device"
    r"|No CUDA GPUs are available|NVIDIA driver on your system is too old|CUDA driver initialization failed"
    r"|Cannot access accelerator device|Need to provide pin_memory allocator|no CUDA-capable device"
    r"|CUDA driver version is insufficient|arguments from the 'CUDA' backend|Tried to instantiate dummy base class"
    r"|0 active drivers|invalid argument to reset_peak_memory_stats"
)
"""Texts of the errors of torch and triton on a machine without a CUDA device."""

SEARCHED_CHARS = 2000
MAX_MODULES = 20
TESTS_FOR_GPU = re.compile(r"cuda|nvidia", re.IGNORECASE)
TORCH = Path(str(torch.__file__)).parent


def chain(error: BaseException, *, suppressed: bool = False) -> "Iterator[BaseException]":
    """Yield an exception and those that led to it, from the last to the first.

    ``raise … from None`` suppresses the exception that was being handled. It is shown to nobody, but happened.
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ and not suppressed else link.__context__)


def frames(traceback: "TracebackType | None") -> "Iterator[tuple[FrameType, int]]":
    """Yield the frames of a traceback with their lines, from the outermost."""
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def needs_gpu(error: BaseException) -> bool:
    """Return whether an error arises because this machine has no CUDA device."""
    if torch.cuda.is_available():
        return False
    return any(
        (WITHOUT_GPU.search(beginning(link)) and raised_by_torch(link.__traceback__))
        or raised_without_gpu(link.__traceback__)
        for link in chain(error, suppressed=True)
    )


def raised_by_torch(traceback: "TracebackType | None") -> bool:
    """Return whether an exception comes from torch: from its Python code, or from compiled code that a frame called."""
    if traceback is None:
        return False
    *_, (frame, _) = frames(traceback)
    return TORCH in Path(frame.f_code.co_filename).parents or not raises(traceback)


def raises(traceback: "TracebackType") -> bool:
    """Return whether the innermost frame executes ``raise`` or ``assert``."""
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return dis.opname[traceback.tb_frame.f_code.co_code[traceback.tb_lasti]] == "RAISE_VARARGS"


def raised_without_gpu(traceback: "TracebackType | None") -> bool:
    """Return whether a statement such as ``if not torch.cuda.is_available(): raise …`` or ``assert …`` raised."""
    if traceback is None or not raises(traceback):
        return False
    *_, (frame, line) = frames(traceback)
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    except (SyntaxError, ValueError, RecursionError):
        return False
    for node in ast.walk(tree):
        inside = isinstance(node, ast.Assert) and is_inside(line, node)
        inside |= isinstance(node, ast.If) and any(is_inside(line, one) for one in (*node.body, *node.orelse))
        if inside and TESTS_FOR_GPU.search(ast.unparse(node.test)):  # type: ignore[attr-defined] # as tested above
            return True
    return False


def is_inside(line: int, node: ast.stmt) -> bool:
    """Return whether a line belongs to a statement."""
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def missing_module(error: BaseException) -> "str | None":
    """Return the top-level module whose import failed because it is not installed here; None for other failures."""
    for link in chain(error, suppressed=True):
        if isinstance(link, ModuleNotFoundError) and isinstance(link.name, str):
            top = link.name.partition(".")[0]
            if importlib.machinery.PathFinder.find_spec(top) is None:
                return top
    return None


def missing_name(error: BaseException) -> "str | None":
    """Return the dotted name that an installed module does not have; None for other failures."""
    for link in chain(error, suppressed=True):
        if isinstance(link, AttributeError) and isinstance(link.obj, ModuleType):
            return f"{link.obj.__name__}.{link.name}"
        imported = re.match(r"cannot import name '(\w+)' from '([\w.]+)'", beginning(link))
        if isinstance(link, ImportError) and imported:
            return f"{imported[2]}.{imported[1]}"
    return None


def modules_through(error: BaseException, unpickled: "tuple[str, str] | None") -> "list[str]":
    """Return the top-level modules whose code an exception passed through.

    The pickle module in C has no frame. It counts if an import failed of what a pickle needed last.
    """
    found: set[str] = set()
    for link in chain(error, suppressed=True):
        found.update(str(frame.f_globals.get("__name__")).partition(".")[0] for frame, _ in frames(link.__traceback__))
        failed_import = isinstance(link, ImportError | AttributeError) and unpickled is not None
        if failed_import and any(repr(name) in beginning(link) for name in unpickled or ()):
            found.add("pickle")
    return sorted(found)[:MAX_MODULES]


def text_of(error: BaseException) -> "str | None":
    """Return the text of an exception; None if its ``__str__``, which may belong to the submission, gives none."""
    try:
        return str.__getitem__(str(error), slice(None))
    except BaseException:  # noqa: BLE001 - __str__ belongs to the submission
        return None


def beginning(error: BaseException) -> str:
    """Return as much of the text of an exception as is searched."""
    return (text_of(error) or "")[:SEARCHED_CHARS]
