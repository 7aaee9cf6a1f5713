"""The failure of a request, with its outcome."""

import errno
from pathlib import Path

import torch
from local_faults import chain, frames, text_of

MAX_CHARS = 2000
MAX_CHARS_OF_A_CAUSE = 400
MAX_CAUSES = 5
OUTCOMES_BY_ERRNO = dict.fromkeys((errno.EROFS, errno.EBUSY), "wrote_outside") | dict.fromkeys(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "too_much_output"
)


class Failure(Exception):  # noqa: N818 - the word of the outcomes
    """A request failed, and the outcome is known."""

    def __init__(self, outcome: str, message: str, hint: "str | None" = None) -> None:
        super().__init__(message)
        self.outcome, self.hint = outcome, hint


def quote(error: BaseException, max_chars: int = MAX_CHARS) -> str:
    """Return the type and text of an exception; its ``__str__`` may raise, or return anything of any length.

    A long text is cut in its middle: torch lists missing keys first and unexpected keys last.
    """
    text = text_of(error)
    if text is None:
        return "an exception whose text cannot be read"
    if len(text) > max_chars:
        text = f"{text[: max_chars // 2]} […] {text[-max_chars // 2 :]}"
    return f"{type(error).__name__}: {text}"


def details(error: BaseException, folder: str) -> str:
    """Return lines that follow a message: the place of an exception in the submission, and the exceptions behind it."""
    top, *causes = chain(error)
    lines = [f"caused by {quote(link, MAX_CHARS_OF_A_CAUSE)}{place(link, folder)}" for link in causes[:MAX_CAUSES]]
    return "".join(f"\n  {line}" for line in [place(top, folder).strip(" ()"), *lines] if line)


def place(error: BaseException, folder: str) -> str:
    """Return the innermost line of the submission's own files that an exception passed through."""
    found = ""
    for frame, line in frames(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(folder):
            found = f" ({path.relative_to(folder).as_posix()}, line {line})"
    return found


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
