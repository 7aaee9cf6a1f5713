"""How a run ends other than in an prediction."""

import errno

import torch

LONGEST = 2000
ENDS = {errno.EROFS: "wrote_outside"} | dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "too_much_output")


class Failure(Exception):  # noqa: N818 - as the outcomes call it
    """A typed end of the run."""

    def __init__(self, outcome: str, message: str, hint: "str | None" = None) -> None:
        super().__init__(message)
        self.outcome, self.hint = outcome, hint


def said(error: BaseException) -> str:
    """Quote an exception, also one whose text raises, is none or fills a book."""
    try:
        return f"{type(error).__name__}: {str.__getitem__(str(error), slice(LONGEST))}"
    except BaseException:  # noqa: BLE001 - its __str__ is the submission's
        return "an exception whose text cannot be read"


def raised(error: BaseException) -> str:
    """Name the outcome of an exception that says nothing of weights."""
    if out_of_memory(error):
        return "out_of_memory"
    if isinstance(error, OSError):
        return ENDS.get(error.errno or 0, "crashed")
    return "crashed"


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out (torch raises a RuntimeError for it on the CPU)."""
    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or "allocate memory" in said(error)
