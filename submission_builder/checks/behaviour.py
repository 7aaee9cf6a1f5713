"""S304 to S310: predictions on synthetic windows, compared between builds, orders, batches and scales."""

from __future__ import annotations

from statistics import pstdev
from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.trace import difference
from submission_builder.protocol.golden import predictions_match
from submission_builder.protocol.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_TARGET_STD = {1: 0.393, 2: 0.712}
"""Standard deviation of the targets of release R5, by challenge."""

_ROUNDING = 1e-6
_BATCHED = (1e-4, 1e-2, 64)  # tolerance, share of the spread, steps of rounding: sums are taken in another order
_CONSTANT = 0.01
_RELATIVE = 0.05


@check("S304", "error", runs=True)
def deterministic(zip_: Inspected) -> Iterator[Place]:
    """Two instances of the submission under the same seed give the same predictions.

    Fault
        Two instances of the submission under the same seed give different predictions
    Why
        The score of such a submission cannot be reproduced.
    Causes
        The time, the process number, the random generators of Python or numpy, the order of a set.
    Solution
        Remove the source of variation, or use it only in training.
    """
    for challenge, seen in zip_.behaviour.items():
        if largest := difference(seen.predictions, seen.rebuilt):
            fact = f"Two builds under the same seed give different predictions (largest difference {largest:.3g})"
            yield f"challenge {challenge}", fact


@check("S305", "warning", runs=True)
def order(zip_: Inspected) -> Iterator[Place]:
    """Predictions do not depend on the order of the windows.

    Fault
        Predictions depend on the order of the windows
    Why
        The server's order of recordings is not public, so a stateful model may get another score there. State is
        allowed: the windows of a recording come in order.
    Causes
        Running statistics that forward updates, BatchNorm in training mode, a cache.
    Solution
        If the state is intended, declare it in manifest.json: `{"challenges": {"1": {"stateful": true}}}`.
    """
    for challenge, seen in zip_.behaviour.items():
        largest = difference(seen.predictions, seen.in_reverse)
        if largest and not (zip_.stateful(challenge) or seen.used_rng or difference(seen.predictions, seen.rebuilt)):
            fact = f"Predictions depend on the order of the windows (largest difference {largest:.3g})"
            yield f"challenge {challenge}", f"{fact}, and {MANIFEST} does not declare the model stateful"


@check("S306", "warning", runs=True)
def batches(zip_: Inspected) -> Iterator[Place]:
    """Batched predictions equal single ones.

    Fault
        Batched predictions differ from single ones
    Why
        The organisers' published programs use batch size 1; the batch size of the final phase is not public.
    Causes
        Statistics over the batch, BatchNorm in training mode, a reshape that assumes batch size 1.
    Solution
        Compute over axes 1 and 2 only, separately for each window.
    """
    for challenge, seen in zip_.behaviour.items():
        if zip_.stateful(challenge) or seen.used_rng or difference(seen.predictions, seen.in_reverse):
            continue
        if seen.batched is None:
            yield f"challenge {challenge}", f"forward fails on a batch of four windows: {seen.batch_error}"
        elif largest := difference(seen.predictions, seen.batched, *_BATCHED):
            fact = f"Predictions in batches of four differ from single ones (largest difference {largest:.3g})"
            yield f"challenge {challenge}", fact


@check("S307", "warning", runs=True)
def input_untouched(zip_: Inspected) -> Iterator[Place]:
    """No call of forward changes its input.

    Fault
        forward changes its input
    Why
        Other code that reads the same window, such as the second member of an ensemble, sees the changed values.
    Causes
        In-place operations: `X -= X.mean()`, `X.clamp_()`.
    Solution
        `X = X - X.mean()`
    """
    for challenge, seen in zip_.behaviour.items():
        if seen.modified_input:
            yield f"challenge {challenge}", "forward changes the window that it gets"


@check("S308", "warning", runs=True)
def generator_untouched(zip_: Inspected) -> Iterator[Place]:
    """No call of forward draws from torch's global random generator.

    Fault
        forward uses torch's global random generator
    Why
        The server sets no seed, so predictions differ between runs. They also depend on all other code that draws
        random numbers.
    Causes
        Dropout or augmentation in eval mode, torch.randperm in an attention.
    Solution
        Draw only if `self.training`, or draw once and store the numbers as a buffer.
    """
    for challenge, seen in zip_.behaviour.items():
        if seen.used_rng:
            yield f"challenge {challenge}", "forward draws from torch's global random generator"


@check("S309", "warning", runs=True)
def varying(zip_: Inspected) -> Iterator[Place]:
    """Predictions vary between windows in volts.

    Fault
        Predictions hardly vary between windows in volts
    Why
        The server's windows are in volts, about 1e-5. To a net that was trained on standardised windows they are nearly
        zero, and it predicts a constant: four submissions of 2025 scored 1.0002 to 1.63 that way. The check accepts a
        constant of a model that opens no weight file.
    Causes
        The data pipeline of the training standardises the windows, and the net does not.
    Solution
        Standardise in the net's first layer: `(X - X.mean(-1, keepdim=True)) / (X.std(-1, keepdim=True) + 1e-8)`.
    """
    for challenge, seen in zip_.behaviour.items():
        volts, standardised = pstdev(seen.predictions), pstdev(seen.standardised or (0.0,))
        if volts > _CONSTANT * _TARGET_STD[challenge]:
            continue
        fact = f"Predictions are about {seen.predictions[0]:.4g} for all windows in volts (std {volts:.2g})"
        if volts < _RELATIVE * standardised:
            contrast = f"vary for the same windows standardised by channel (std {standardised:.2g})"
            yield f"challenge {challenge}", f"{fact}, and {contrast}"
        elif not volts > _ROUNDING and seen.opened & {file.name for file in zip_.weights}:
            yield f"challenge {challenge}", f"{fact}, although the submission opens weight files"


@check("S310", "error", runs=True)
def golden(zip_: Inspected) -> Iterator[Place]:
    """Predictions for the golden windows equal those in the manifest.

    Fault
        The model does not reproduce its golden predictions
    Why
        manifest.json holds the nets' predictions for fixed windows, as they were at the build. Other predictions mean
        that another net runs, even if all names and shapes match.
    Causes
        Sources or a package of another version: symmetric instead of causal padding, another activation.
    Solution
        Build the zip again with the sources of the training.
    """
    packed = zip_.golden
    for challenge, seen in zip_.behaviour.items():
        expected = packed.get(challenge, ())
        if len(expected) != len(seen.golden):
            count = f"The file holds {len(expected)} golden predictions of challenge {challenge}"
            yield MANIFEST, f"{count}; {len(seen.golden)} are expected"
            continue
        largest = max(abs(x - y) for x, y in zip(expected, seen.golden, strict=True))
        if not all(map(predictions_match, seen.golden, expected)):
            fact = f"Predictions for the golden windows differ from those in {MANIFEST}"
            yield f"challenge {challenge}", f"{fact} (largest difference {largest:.3g})"
