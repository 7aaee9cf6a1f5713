"""How a run of a submission can end: a fixed vocabulary.

``scored`` is the only good end. Every other one means, on the server, no score for either challenge; a failed
run does not use up one of the day's submissions.
"""

from __future__ import annotations

OUTCOMES: dict[str, str] = {
    "scored": "both challenges that have targets were answered and scored",
    "contract_error": "the zip or its class is not what the server asks for",
    "import_error": "submission.py or a module it imports could not be imported",
    "weights_missing": "a weights file was looked for where none lay",
    "weights_mismatch": "the weights do not fit the net that they were loaded into",
    "bad_shape": "an answer cannot be read as answer[0][0] of shape (1, 1)",
    "not_finite": "an answer is NaN or infinite",
    "network_attempt": "the submission reached for the network and failed; whether the server has one is not public",
    "wrote_outside": "the submission wrote where the server may not let it",
    "crashed": "the submission raised, or its process died",
    "exited": "the submission ended the process itself",
    "timeout": "the limit on wall time was reached",
    "out_of_memory": "the limit on memory was reached",
    "too_much_output": "more was written than the limit on output allows",
    "device_error": "the device asked for cannot be used here; nothing is said about the submission",
    "release_error": "the local recordings could not be read; nothing is said about the submission",
}
