"""The failure of a request, with its outcome."""

import errno

import torch
from local_faults import chain

MAX_CHARS = 2000
MAX_CAUSES = 5
OUTCOMES_BY_ERRNO = {errno.EROFS: "wrote_outside"} | dict.fromkeys(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "too_much_output"
)


class Failure(Exception):  # noqa: N818 - the word of the outcomes
    """A request failed, and the outcome is known."""

    def __init__(self, outcome: str, message: str, hint: "str | None" = None) -> None:
        super().__init__(message)
        self.outcome, self.hint = outcome, hint


def quote(error: BaseException) -> str:
    """Return the type and text of an exception; its ``__str__`` may raise, or return anything of any length."""
    try:
        return f"{type(error).__name__}: {str.__getitem__(str(error), slice(MAX_CHARS))}"
    except BaseException:  # noqa: BLE001 - __str__ belongs to the submission
        return "an exception whose text cannot be read"


def causes(error: BaseException) -> str:
    """Return one line for each exception that led to an exception, the nearest first."""
    lines = [f"\n  caused by {quote(link)}" for link in chain(error)][1:]
    return "".join(lines[:MAX_CAUSES])


def outcome_of(error: BaseException) -> str:
    """Return the outcome for an exception that does not concern the loading of weights."""
    if is_out_of_memory(error):
        return "out_of_memory"
    if isinstance(error, OSError):
        return OUTCOMES_BY_ERRNO.get(error.errno or 0, "crashed")
    return "crashed"


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception reports a lack of memory; on the CPU, torch raises a RuntimeError for it."""
    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or "allocate memory" in quote(error)
