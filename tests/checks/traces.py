"""Traces of runs as the checks read them: a good one, and one for each fault of behaviour."""

from dataclasses import replace
from typing import NamedTuple

from submission_builder.checks.trace import Behaviour, Trace

PREDICTIONS = (1.1, 1.5, 1.9, 1.4)
OTHERS = (1.1, 1.5, 1.9, 1.8)
TINY, TINY_OTHERS = (tuple(5e-6 * x for x in values) for values in (PREDICTIONS, (1.1, 1.5, 1.9, 1.5)))
"""Predictions of a net whose first layer receives raw volts."""

GOOD = Behaviour(
    predictions=PREDICTIONS,
    in_reverse=PREDICTIONS,
    rebuilt=PREDICTIONS,
    reseeded=PREDICTIONS,
    standardised=PREDICTIONS,
    standardised_reseeded=PREDICTIONS,
    batched=PREDICTIONS,
    batch_error=None,
    shapes=((1, 1),),
    modified_input=False,
    used_rng=False,
    opened=frozenset({"c1.pt"}),
    golden=PREDICTIONS,
)
RAW = replace(
    GOOD,
    **dict.fromkeys([name for name, value in vars(GOOD).items() if value == PREDICTIONS and name != "golden"], TINY),
)
SECOND = replace(GOOD, opened=frozenset({"c2.pt"}))


def trace(first=GOOD, second=SECOND, **changes):
    return replace(Trace("cpu", "process", {1: first, 2: second}, ()), **changes)


def ended(outcome, **changes):
    return trace(outcome=outcome, message="the message of the run", **changes)


class Run(NamedTuple):
    """A trace with one fault, and its finding: the check, the place and the message."""

    id: str
    trace: Trace
    where: str
    message: str


CONSTANT = dict.fromkeys(("predictions", "in_reverse", "rebuilt", "reseeded", "batched"), (1.5,) * 4)

RUNS = {
    "weights of another shape": Run("S209", ended("weights_mismatch"), "submission.py", "the message of the run"),
    "a random parameter": Run(
        "S210",
        trace(replace(GOOD, reseeded=OTHERS)),
        "challenge 1",
        "Two builds under different seeds differ for windows in volts (largest difference 0.4); a parameter or "
        "buffer keeps its random initial value",
    ),
    "a random net that receives volts": Run(
        "S210",
        trace(replace(RAW, reseeded=TINY_OTHERS)),
        "challenge 1",
        "Two builds under different seeds differ for windows in volts (largest difference 5e-07); a parameter or "
        "buffer keeps its random initial value",
    ),
    "a random net behind a loaded bias": Run(
        "S210",
        trace(replace(GOOD, standardised_reseeded=OTHERS)),
        "challenge 1",
        "Two builds under different seeds differ for windows standardised by channel (largest difference 0.4); a "
        "parameter or buffer keeps its random initial value",
    ),
    "a file that is never opened": Run(
        "S211", trace(second=replace(SECOND, opened=frozenset())), "c2.pt", "The run did not open this file"
    ),
    "the same files for both challenges": Run(
        "S212",
        trace(
            replace(GOOD, opened=frozenset({"c1.pt", "c2.pt"})), replace(SECOND, opened=frozenset({"c1.pt", "c2.pt"}))
        ),
        "challenge 2",
        "Both challenges load c1.pt, c2.pt",
    ),
    "an exception": Run("S301", ended("crashed"), "submission.py", "crashed: the message of the run"),
    "a missing weight file": Run(
        "S301", ended("weights_missing"), "submission.py", "weights_missing: the message of the run"
    ),
    "a shape that cannot be read": Run("S302", ended("bad_shape"), "submission.py", "the message of the run"),
    "two columns": Run(
        "S302",
        trace(replace(GOOD, shapes=((1, 2),))),
        "challenge 1",
        "The prediction for one window has the shape (1, 2); the scorer reads only [0][0]",
    ),
    "NaN": Run("S303", ended("not_finite"), "submission.py", "the message of the run"),
    "predictions that depend on the clock": Run(
        "S304",
        trace(replace(GOOD, in_reverse=OTHERS, rebuilt=OTHERS)),
        "challenge 1",
        "Two builds under the same seed give different predictions (largest difference 0.4)",
    ),
    "state": Run(
        "S305",
        trace(replace(GOOD, in_reverse=OTHERS)),
        "challenge 1",
        "Predictions depend on the order of the windows (largest difference 0.4), and manifest.json does not declare "
        "the model stateful",
    ),
    "state in a net that receives volts": Run(
        "S305",
        trace(replace(RAW, in_reverse=TINY_OTHERS)),
        "challenge 1",
        "Predictions depend on the order of the windows (largest difference 5e-07), and manifest.json does not declare "
        "the model stateful",
    ),
    "statistics over a batch of volts": Run(
        "S306",
        trace(replace(RAW, batched=TINY_OTHERS)),
        "challenge 1",
        "Predictions in batches of four differ from single ones (largest difference 5e-07)",
    ),
    "statistics over the batch": Run(
        "S306",
        trace(replace(GOOD, batched=OTHERS)),
        "challenge 1",
        "Predictions in batches of four differ from single ones (largest difference 0.4)",
    ),
    "a forward for single windows": Run(
        "S306",
        trace(replace(GOOD, batched=None, batch_error="forward raised")),
        "challenge 1",
        "forward fails on a batch of four windows: forward raised",
    ),
    "a changed input": Run(
        "S307", trace(replace(GOOD, modified_input=True)), "challenge 1", "forward changes the window that it gets"
    ),
    "random numbers": Run(
        "S308",
        trace(replace(GOOD, used_rng=True, in_reverse=OTHERS, reseeded=OTHERS)),
        "challenge 1",
        "forward draws from torch's global random generator",
    ),
    "a constant in volts": Run(
        "S309",
        trace(replace(GOOD, **CONSTANT)),
        "challenge 1",
        "Predictions are about 1.5 for all windows in volts (std 0), and vary for the same windows standardised by "
        "channel (std 0.29)",
    ),
    "a constant at every scale": Run(
        "S309",
        trace(replace(GOOD, **CONSTANT, standardised=(1.5,) * 4, standardised_reseeded=(1.5,) * 4)),
        "challenge 1",
        "Predictions are about 1.5 for all windows in volts (std 0), although the submission opens weight files",
    ),
    "other golden predictions": Run(
        "S310",
        trace(replace(GOOD, golden=OTHERS)),
        "challenge 1",
        "Predictions for the golden windows differ from those in manifest.json (largest difference 0.4)",
    ),
    "a model on another device": Run(
        "S311",
        trace(device="cuda", outcome="crashed", message="tensors are not all on the same device"),
        "submission.py",
        "tensors are not all on the same device",
    ),
    "a failed use of the network": Run("S312", ended("network_attempt"), "submission.py", "the message of the run"),
    "a use of the network": Run(
        "S312", trace(network=("hub:443",)), "submission.py", "The submission tried to reach hub:443"
    ),
    "a log beside submission.py": Run(
        "S313", trace(written=("log.txt",)), "log.txt", "The submission opened this file for writing"
    ),
}
