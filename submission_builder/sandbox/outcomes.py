"""The outcomes of a run: a fixed vocabulary, with a page for each word.

Only ``scored`` is a success. Most other outcomes mean that the server gives no score for either challenge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_NO_SCORE = "No score for either challenge; a failed run does not use up one of the day's submissions."
_NOT_THE_SUBMISSION = "This failure is local and implies nothing for the server."


@dataclass(frozen=True)
class Outcome:
    """One way in which a run can end."""

    summary: str
    """What happened, in one line that starts in lower case and has no full stop."""
    causes: str
    """The usual causes."""
    solution: str
    """What to change."""
    on_server: str = _NO_SCORE
    """What the same submission would get on the server."""
    fault: Literal["submission", "release", "machine"] | None = "submission"
    """What has to be repaired: the submission, the local recordings or this machine; None for a success."""


OUTCOMES: dict[str, Outcome] = {
    "scored": Outcome(
        "the submission predicted and was scored in every challenge that has targets",
        "Every window of every challenge got one finite prediction.",
        "Nothing has to be changed. The notes below the table list the differences from a run on the server.",
        "A score for both challenges; the run uses up one of the day's submissions.",
        fault=None,
    ),
    "contract_error": Outcome(
        "the zip or its class does not have the form that the server expects",
        "No submission.py at the root of the zip, a file called `metadata` there, a method with another name, a model "
        "without forward or eval, a prediction that is not a tensor, a write to the pipe of the predictions.",
        "Run `subpack check`: it finds most of these causes without running the submission.",
    ),
    "import_error": Outcome(
        "submission.py or a module that it imports could not be imported",
        "A package that the server does not have, a module that is missing from the zip, syntax that is newer than "
        "Python 3.10.",
        "Run `subpack check` (S101, S105) to list them. Add pure-Python sources to the zip, or remove the import.",
    ),
    "weights_missing": Outcome(
        "the submission opened a file that does not exist",
        "The weights are not in the zip, or their path is relative to the working directory or to a folder of your "
        "machine.",
        "Build paths from `Path(__file__).resolve().parent`, which is correct wherever the server unpacks the zip.",
    ),
    "weights_mismatch": Outcome(
        "the weights do not fit the net that loads them",
        "The net was changed after training, is built with other arguments than in training, or was wrapped in "
        "training, which adds a prefix such as `module.` to the keys.",
        "Build the net with the arguments of its training, and load with `strict=True`.",
    ),
    "bad_shape": Outcome(
        "a prediction does not have shape (1, 1), so prediction[0][0] cannot be read",
        "A squeeze that also removes the batch axis at batch size 1; a head without a last axis; bfloat16.",
        "End forward with `y.float().reshape(len(X), 1)`.",
    ),
    "not_finite": Outcome(
        "a prediction is NaN or infinite",
        "A division by the standard deviation of a flat channel; a logarithm of zero; half precision, because inputs "
        "are in volts, about 1e-5.",
        "Normalise the input with an epsilon that is much smaller than 1e-5.",
    ),
    "network_attempt": Outcome(
        "the submission tried to use the network and failed; whether the server has a network is not public",
        "Weights that are downloaded from a hub, a logger, a package that checks for updates.",
        "Add the downloaded files to the zip.",
        "If the server has no network, as here: no score for either challenge; a failed run does not use up one of the "
        "day's submissions.",
    ),
    "wrote_outside": Outcome(
        "the submission wrote where it may not write on the server",
        "A change of a file of the zip itself, or a file in a folder of the system. New files can be written beside "
        "submission.py, in the working directory and in the temporary folder.",
        "Write to `tempfile.gettempdir()`, or do not write files.",
        "Codabench's worker mounts the folder of the submission writable; whether the competition's image lets its "
        "user change files there is not public. If not: no score for either challenge; a failed run does not use up "
        "one of the day's submissions.",
    ),
    "crashed": Outcome(
        "the submission raised an exception, or its process died",
        "An exception in forward or while the model is built, shown with the submission's last lines; a fault in "
        "native code; more processes and threads than the limit; the kernel's out-of-memory killer (SIGKILL).",
        "Read the traceback among the last lines. The model gets one window at a time, in float32 and volts.",
    ),
    "exited": Outcome(
        "the submission ended its own process",
        "A call of sys.exit or os._exit, as in a script that was turned into submission.py.",
        "Remove code that runs on import, or put it below `if __name__ == '__main__':`.",
    ),
    "timeout": Outcome(
        "the submission exceeded the limit on wall time",
        "A net that is slow at batch size 1, work that is repeated for every window, a deadlock.",
        "Move work that does not depend on the window to the constructor. `--limit-s` sets another limit. The server's "
        "limit is not public; a final run of 927 s passed.",
    ),
    "out_of_memory": Outcome(
        "the submission exceeded the limit on memory",
        "State that grows with every window, such as a list of predictions; a net that is too large; too many worker "
        "processes.",
        "Store no windows and no autograd graphs (`detach()`). `--limit-mib` sets another limit. The server's limit is "
        "not public.",
    ),
    "too_much_output": Outcome(
        "the submission printed or wrote more than the limit",
        "A print in forward, a warning at every window, temporary files that are never removed.",
        "Print nothing in forward, and remove temporary files.",
    ),
    "device_error": Outcome(
        "this machine cannot use the requested device, so the submission was not evaluated",
        "No CUDA device, a driver that does not match torch, a device index that does not exist.",
        "Use `--device cpu`, or a device that `torch.device` accepts on this machine.",
        _NOT_THE_SUBMISSION,
        fault="machine",
    ),
    "gpu_missing": Outcome(
        "the submission needs a CUDA device, and this machine has none",
        "A call of .cuda(), a device named in the code, or weights that were saved on a GPU and loaded without "
        "map_location.",
        "Run it with `--device cuda` on a machine with a GPU. To run it on any machine, use the DEVICE that the server "
        "passes: `.to(DEVICE)`, `torch.load(path, map_location=DEVICE)`.",
        _NOT_THE_SUBMISSION,
        fault="machine",
    ),
    "package_missing": Outcome(
        "the submission needs a package, a name in it or a version of it that the Python here does not have",
        "The Python of subpack does not have all 107 packages of the server, and its versions can be newer: numpy and "
        "Python remove names, and scikit-learn cannot read every estimator that another version pickled.",
        "Install the package beside subpack, or use `--server` with a replica of the server.",
        _NOT_THE_SUBMISSION,
        fault="machine",
    ),
    "release_error": Outcome(
        "the local recordings could not be read, so the submission was not evaluated",
        "A folder that is not a release, an incomplete download, a recording that the server could not read either.",
        "Download again the file that the message names.",
        _NOT_THE_SUBMISSION,
        fault="release",
    ),
    "machine_error": Outcome(
        "this machine could not run the submission, so it was not evaluated",
        "A full disk, a cache or temporary folder that cannot be written to, an isolation level that is not available "
        "on this machine.",
        "Remove the cause that the message names.",
        _NOT_THE_SUBMISSION,
        fault="machine",
    ),
}
