"""How a run of a submission can end: a fixed vocabulary, with a page for each word.

``scored`` is the only good end. Most others mean, on the server, no score for either challenge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_NO_SCORE = "No score for either challenge; a failed run does not use up one of the day's submissions."
_NOT_THE_ZIP = "Nothing is said about the submission: what failed is here."


@dataclass(frozen=True)
class Outcome:
    """One way to end.

    Attributes
    ----------
    summary
        What happened, as one line.
    causes, solution
        What usually is_rank_zero there, and the way out.
    on_server
        What the server would make of it.
    """

    summary: str
    causes: str
    solution: str
    on_server: str = _NO_SCORE
    fault: Literal["submission", "release", "machine"] | None = "submission"


OUTCOMES: dict[str, Outcome] = {
    "scored": Outcome(
        "both challenges that have targets were predicted and scored",
        "Every window of every challenge got one finite number.",
        "Nothing is to be done. The notes below the table say what keeps this score from being the server's.",
        "A score for both challenges, and one of the day's submissions used up.",
        fault=None,
    ),
    "contract_error": Outcome(
        "the zip or its class is not what the server asks for",
        "No submission.py at the root, a file `metadata`, a method of another name, a model without forward or eval, "
        "an prediction that is no tensor, a write to the pipe that the predictions go through.",
        "`subpack check` names most of these without running anything.",
    ),
    "import_error": Outcome(
        "submission.py or a module it imports could not be imported",
        "A package that the server lacks, a module left out of the zip, syntax newer than Python 3.10.",
        "`subpack check` (S101, S105) lists them; put pure-Python sources into the zip, or do without.",
    ),
    "weights_missing": Outcome(
        "a weights file was looked for where none lay",
        "It is not in the zip, or its path starts at the working directory or at a folder of your machine.",
        "Find files by `Path(__file__).resolve().parent`; it is right wherever the server unpacks.",
    ),
    "weights_mismatch": Outcome(
        "the weights do not fit the net that they were loaded into",
        "The net was changed after training, has other arguments than in training, or was wrapped (`module.`).",
        "Build the net with the arguments of its training; keep the loading strict.",
    ),
    "bad_shape": Outcome(
        "an prediction cannot be read as prediction[0][0] of shape (1, 1)",
        "A squeeze that also drops the batch axis at batch size 1; a head without a last axis; bfloat16.",
        "End forward with `y.float().reshape(len(X), 1)`.",
    ),
    "not_finite": Outcome(
        "an prediction is NaN or infinite",
        "A division by the standard deviation of a flat channel, a logarithm of zero, half precision: inputs are "
        "volts, of about 1e-5.",
        "Normalise the input with an epsilon that is small against 1e-5.",
    ),
    "network_attempt": Outcome(
        "the submission reached for the network and failed; whether the server has one is not public",
        "Weights loaded from a hub, a logger, a package that looks for updates.",
        "Put what is loaded into the zip.",
        "If it has no network, as here: no score for either challenge; a failed run does not use up one of the day's "
        "submissions.",
    ),
    "wrote_outside": Outcome(
        "the submission wrote where the server may not let it",
        "A cache, log or compiled file beside submission.py or in the working directory.",
        "Write to `tempfile.gettempdir()`, or not at all.",
        "If it is read-only there, as here: no score for either challenge; a failed run does not use up one of the "
        "day's submissions.",
    ),
    "crashed": Outcome(
        "the submission raised, or its process died",
        "An error in forward or in building the model, shown with the submission's last lines; a fault in native code; "
        "more processes and threads than the limit; a kernel that ran out of memory and killed it (SIGKILL).",
        "The traceback among the last lines names the place. A model runs one window at a time, in float32 volts.",
    ),
    "exited": Outcome(
        "the submission ended the process itself",
        "sys.exit or os._exit in a script that became submission.py.",
        "Leave out what runs when the module is imported, or keep it below `if __name__ == '__main__':`.",
    ),
    "timeout": Outcome(
        "the limit on wall time was reached",
        "A net that is slow at batch size 1, work repeated for each window, a deadlock, a wait for something that "
        "does not come.",
        "Do once in the constructor what does not depend on the window; `--limit-s` sets another limit. The server's "
        "is not public: a final run of 927 s passed.",
    ),
    "out_of_memory": Outcome(
        "the limit on memory was reached",
        "State that grows with every window, such as a list of predictions; a net too large; too many worker processes.",
        "Keep no windows and no graphs (`detach()`); `--limit-mib` sets another limit. The server's is not public.",
    ),
    "too_much_output": Outcome(
        "more was written than the limit on output allows",
        "A print in forward, a warning at every window, temporary files that are never removed.",
        "Print nothing in forward, and remove what is written to /tmp.",
    ),
    "device_error": Outcome(
        "the device asked for cannot be used here; nothing is said about the submission",
        "No CUDA device, a driver that does not fit torch, a number that no device has.",
        "`--device cpu`, or a name that `torch.device` takes on this machine.",
        _NOT_THE_ZIP,
        fault="machine",
    ),
    "release_error": Outcome(
        "the local recordings could not be read; nothing is said about the submission",
        "A folder that is no release, a download cut short, a recording that the server would stop at too.",
        "The message names the file; fetch it anew.",
        _NOT_THE_ZIP,
        fault="release",
    ),
    "machine_error": Outcome(
        "this machine could not run the submission; nothing is said about the submission",
        "A full disk, a cache or temporary folder that cannot be written, an isolation level that this machine does not "
        "offer.",
        "The message names the cause.",
        _NOT_THE_ZIP,
        fault="machine",
    ),
}
