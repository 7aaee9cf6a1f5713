"""Rules for the behaviour and for the machine: S302, S303, and outcomes of a run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from submission_builder.logs.rule import by_program, by_submission, rule

if TYPE_CHECKING:
    from submission_builder.logs.exceptions import Raised


WITHOUT_GPU = (
    r"Found no NVIDIA driver|Torch not compiled with CUDA|deserialize object on a CUDA device"
    r"|No CUDA GPUs are available|NVIDIA driver on your system is too old|CUDA driver initialization failed"
    r"|Cannot access accelerator device|Need to provide pin_memory allocator|no CUDA-capable device"
    r"|CUDA driver version is insufficient"
    r"|arguments from the 'CUDA' backend|Tried to instantiate dummy base class|0 active drivers"
    r"|invalid argument to reset_peak_memory_stats"
)
"""As in the child program, which cannot be imported here; a test compares both."""

_READS = re.compile(r"\[0\]|numpy\(\)|detach\(\)|item\(\)")


def _at_prediction(raised: Raised, match: re.Match[str]) -> bool:
    """Whether the server's program raised where it reads ``prediction[0][0]``."""
    del match
    return raised.raised_by_program and _READS.search(raised.frames[-1].code) is not None


RUN_RULES = (
    rule("gpu_missing", WITHOUT_GPU),
    rule("out_of_memory", r"^(MemoryError|OutOfMemoryError)\b|CUDA out of memory|can(?:no|')t allocate memory"),
    rule("out_of_memory", r"Cannot allocate memory|Unable to allocate|CUBLAS_STATUS_ALLOC_FAILED"),
    rule("wrote_outside", r"Read-only file system|Errno 16\]|^PermissionError: .*Errno (13|1)\]"),
    rule("too_much_output", r"No space left on device|Disk quota exceeded|File too large"),
    rule("network_attempt", r"^(gaierror|URLError|ConnectionError|ConnectTimeout|SSLError|LocalEntryNotFoundError)\b"),
    rule("network_attempt", r"Name or service not known|name resolution|Network is unreachable|Max retries exceeded"),
    rule("network_attempt", r"^Connection(Refused|Reset)Error|Connection (refused|timed out)|We couldn't connect to"),
    rule("S303", r"Input (y_pred )?contains (NaN|infinity)|contains NaN, infinity", by_program),
    rule("S303", r"Out of range float values are not JSON compliant", by_program),
    rule("S302", r"^(IndexError|TypeError|AttributeError|ValueError|RuntimeError): ", _at_prediction),
    rule("S302", r"Got unsupported ScalarType BFloat16|too many indices for array: array is 0-dimensional", by_program),
    rule("S302", r"invalid index to scalar variable|object has no attribute 'detach'", by_program),
    rule("contract_error", r"is missing the required \"forward\" function"),
    rule("contract_error", r"has no attribute '(eval|forward)'", by_program),
    rule("import_error", r"^(ImportError|ModuleNotFoundError): ", by_submission),
)
"""In the order of their precision."""

LINES = {
    "timeout": re.compile(r"Execution Time Limit exceeded|SoftTimeLimitExceeded|DUE TO TIME LIMIT", re.IGNORECASE),
    "out_of_memory": re.compile(
        r"^\s*Killed\s*$|oom-?kill|exit(?:ed with)? (?:status )?code:? 137|SIGKILL", re.MULTILINE
    ),
    "S122": re.compile(r"^usage: .*(?:\n[ \t].*)*\n\S+: error: ", re.MULTILINE),
    "crashed": re.compile(
        r"Segmentation fault|Fatal Python error|SIGSEGV|SIGABRT|core dumped|double free or corruption"
    ),
}
"""Lines outside of any traceback, by the cause that they name."""

OF_THE_SERVER = re.compile(
    r"Pull for .* failed|manifest (?:for .* not found|unknown)|pull access denied|nvidia-container-cli"
    r"|Cannot connect to the Docker daemon|Problem fetching .* to put in|Failure updating submission data"
    r"|Program directory missing|no kernel image is available|uncorrectable ECC error|could not select device driver",
    re.IGNORECASE,
)
"""Lines with which Codabench's worker reports failures of its own."""
