"""Runs of submissions as the checks see them: a good one, and one changed in one place for each check."""

from dataclasses import replace
from typing import NamedTuple

from submission_builder.checks.trace import Behaviour, Trace

PREDICTIONS = (1.1, 1.5, 1.9, 1.4)
OTHERS = (1.1, 1.5, 1.9, 1.8)

GOOD = Behaviour(
    predictions=PREDICTIONS,
    again=PREDICTIONS,
    rebuilt=PREDICTIONS,
    reseeded=PREDICTIONS,
    standardised=PREDICTIONS,
    batched=PREDICTIONS,
    batch_error=None,
    shapes=((1, 1),),
    modified=False,
    drew=False,
    opened=frozenset({"c1.pt"}),
    golden=PREDICTIONS,
)
SECOND = replace(GOOD, opened=frozenset({"c2.pt"}))


def trace(first=GOOD, second=SECOND, **changes):
    return replace(Trace("cpu", "process", {1: first, 2: second}, ()), **changes)


def ended(outcome, **changes):
    return trace(outcome=outcome, message="what the run said", **changes)


class Run(NamedTuple):
    """A run that breaks one check, and all that it says."""

    id: str
    trace: Trace
    where: str
    message: str


RUNS = {
    "weights of another shape": Run("S209", ended("weights_mismatch"), "submission.py", "what the run said"),
    "left as initialised": Run(
        "S210",
        trace(replace(GOOD, reseeded=OTHERS)),
        "challenge 1",
        "two builds under different seeds prediction differently, by up to 0.4: a tensor is left as it was initialised",
    ),
    "never opened": Run("S211", trace(second=replace(SECOND, opened=frozenset())), "c2.pt", "nothing opened it"),
    "one file for both": Run(
        "S212",
        trace(
            replace(GOOD, opened=frozenset({"c1.pt", "c2.pt"})), replace(SECOND, opened=frozenset({"c1.pt", "c2.pt"}))
        ),
        "challenge 2",
        "reads the weights of challenge 1: c1.pt, c2.pt",
    ),
    "raised": Run("S301", ended("crashed"), "submission.py", "crashed: what the run said"),
    "no file where it looked": Run(
        "S301", ended("weights_missing"), "submission.py", "weights_missing: what the run said"
    ),
    "a shape that cannot be read": Run("S302", ended("bad_shape"), "submission.py", "what the run said"),
    "two columns": Run(
        "S302",
        trace(replace(GOOD, shapes=((1, 2),))),
        "challenge 1",
        "predicted (1, 2) to one window; the scorer reads [0][0] and no more",
    ),
    "NaN": Run("S303", ended("not_finite"), "submission.py", "what the run said"),
    "predictions by the clock": Run(
        "S304",
        trace(replace(GOOD, again=OTHERS, rebuilt=OTHERS)),
        "challenge 1",
        "built twice under one seed, it predictions differently, by up to 0.4",
    ),
    "state": Run(
        "S305",
        trace(replace(GOOD, again=OTHERS)),
        "challenge 1",
        "asked again in another order, it predictions differently, by up to 0.4, "
        "and manifest.json does not call it stateful",
    ),
    "statistics over the batch": Run(
        "S306",
        trace(replace(GOOD, batched=OTHERS)),
        "challenge 1",
        "asked four windows at a time, it predictions differently, by up to 0.4",
    ),
    "one window alone": Run(
        "S306",
        trace(replace(GOOD, batched=None, batch_error="forward raised")),
        "challenge 1",
        "takes one window alone, not four: forward raised",
    ),
    "changes its input": Run(
        "S307", trace(replace(GOOD, modified=True)), "challenge 1", "forward changes the window that it is given"
    ),
    "draws": Run(
        "S308",
        trace(replace(GOOD, drew=True, again=OTHERS, reseeded=OTHERS)),
        "challenge 1",
        "forward draws from torch's global random generator",
    ),
    "trained on standardised windows": Run(
        "S309",
        trace(
            replace(
                GOOD,
                predictions=(1.5,) * 4,
                again=(1.5,) * 4,
                rebuilt=(1.5,) * 4,
                reseeded=(1.5,) * 4,
                batched=(1.5,) * 4,
            )
        ),
        "challenge 1",
        "predictions 1.5 to every window in volts (spread 0), and varies on standardised ones (spread 0.29): it was "
        "trained on those, and is served volts",
    ),
    "a dead net": Run(
        "S309",
        trace(
            replace(
                GOOD,
                **dict.fromkeys(("predictions", "again", "rebuilt", "reseeded", "batched", "standardised"), (1.5,) * 4),
            )
        ),
        "challenge 1",
        "predictions 1.5 to every window, whatever its scale",
    ),
    "other semantics": Run(
        "S310",
        trace(replace(GOOD, golden=OTHERS)),
        "challenge 1",
        "predictions the golden question otherwise than at home, by up to 0.4",
    ),
    "on the wrong device": Run(
        "S311",
        trace(device="cuda", outcome="crashed", message="tensors are not all on the same device"),
        "submission.py",
        "tensors are not all on the same device",
    ),
    "the network, in vain": Run("S312", ended("network_attempt"), "submission.py", "what the run said"),
    "the network": Run("S312", trace(network=("hub:443",)), "submission.py", "reached for hub:443"),
}
