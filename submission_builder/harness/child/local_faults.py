"""Failures that only this machine has: no CUDA device, or no package that the server may have.

An exception counts only if torch or the import system raised it. A submission that raises one of its own with a similar
text is at fault itself.
"""

import dis
import importlib.machinery
import re
from collections.abc import Iterator  # noqa: TC003 - Python 3.10 without postponed annotations
from pathlib import Path
from types import TracebackType  # noqa: TC003 - likewise

import torch

WITHOUT_GPU = re.compile(
    r"Found no NVIDIA driver|Torch not compiled with CUDA|deserialize object on a CUDA device"
    r"|No CUDA GPUs are available|NVIDIA driver on your system is too old|CUDA driver initialization failed"
    r"|Cannot access accelerator device|Need to provide pin_memory allocator|no CUDA-capable device"
)
"""Texts of torch's own errors on a machine without a CUDA device."""

TORCH = Path(str(torch.__file__)).parent


def chain(error: BaseException) -> "Iterator[BaseException]":
    """Yield an exception and those that led to it, from the last to the first."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def needs_gpu(error: BaseException) -> bool:
    """Return whether torch raised an error because this machine has no CUDA device."""
    if torch.cuda.is_available():
        return False
    return any(WITHOUT_GPU.search(text_of(link)) and raised_by_torch(link.__traceback__) for link in chain(error))


def raised_by_torch(traceback: "TracebackType | None") -> bool:
    """Return whether an exception comes from torch: from its Python code, or from compiled code that a frame called."""
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    raises = dis.opname[code.co_code[traceback.tb_lasti]] == "RAISE_VARARGS"
    return TORCH in Path(code.co_filename).parents or not raises


def missing_module(error: BaseException) -> "str | None":
    """Return the top-level module whose import failed because it is not installed here; None for other failures."""
    for link in chain(error):
        if isinstance(link, ModuleNotFoundError) and isinstance(link.name, str):
            top = link.name.partition(".")[0]
            if importlib.machinery.PathFinder.find_spec(top) is None:
                return top
    return None


def text_of(error: BaseException) -> str:
    """Return the text of an exception; the ``__str__`` of a submission's exception may raise or return anything."""
    try:
        return str.__getitem__(str(error), slice(2000))
    except BaseException:  # noqa: BLE001 - __str__ belongs to the submission
        return ""
