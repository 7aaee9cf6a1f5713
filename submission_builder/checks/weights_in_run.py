"""S209 to S212: which weights a run loaded, and whether they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.trace import difference
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place


@check("S209", "error", runs=True)
def fitting(zip_: Inspected) -> Iterator[Place]:
    """All weights match the net, strictly.

    Fault
        The weights do not match the net
    Why
        load_state_dict raises if names or shapes differ.
    Causes
        The state_dict of a training checkpoint lies under a key; or the weights belong to the other challenge; or the
        net has another width or depth than in training.
    Solution
        Load `checkpoint['state_dict']`, and build the net with the arguments of its training.
    """
    if zip_.ended_in("weights_mismatch"):
        yield ENTRY, zip_.run.message


@check("S210", "error", runs=True)
def nothing_left_random(zip_: Inspected) -> Iterator[Place]:
    """No parameter keeps its random initial value.

    Fault
        A parameter keeps its random initial value
    Why
        The server sets no seed, so the predictions of such a net differ from run to run.
    Causes
        strict=False; a load that was skipped or whose error was suppressed; weights that were loaded into another net
        than the returned one.
    Solution
        Load strictly, and into the net that the getter returns.
    """
    for challenge, seen in zip_.behaviour.items():
        if seen.used_rng or difference(seen.predictions, seen.rebuilt):
            continue
        seeds = {
            "in volts": (seen.predictions, seen.reseeded),
            "standardised by channel": (seen.standardised or (), seen.standardised_reseeded or ()),
        }
        for scale, (first, second) in seeds.items():
            if len(first) == len(second) > 0 and (largest := difference(first, second)):
                fact = f"Two builds under different seeds differ for windows {scale} (largest difference {largest:.3g})"
                yield f"challenge {challenge}", f"{fact}; a parameter or buffer keeps its random initial value"
                break


@check("S211", "warning", runs=True)
def opened(zip_: Inspected) -> Iterator[Place]:
    """Every weight file is opened in the run.

    Fault
        A weight file is never opened
    Why
        The file is of no use, or it is the one that was meant to be loaded.
    Causes
        Two files with similar names; or weights of a net that is no longer used.
    Solution
        Remove the file from the zip, or load it.
    """
    unopened = [file for file in zip_.weights if not zip_.may_open(file)] if zip_.ended_in("scored") else []
    for file in unopened:
        yield file.name, "The run did not open this file"


@check("S212", "warning", runs=True)
def own_weights(zip_: Inspected) -> Iterator[Place]:
    """Each challenge loads weight files of its own.

    Fault
        Both challenges load the same weight files
    Why
        Response time and externalizing factor are different targets; the same weights for both are mostly a mistake.
    Causes
        A path was copied from one getter to the other.
    Solution
        Load each challenge's own file.
    """
    files = {file.name for file in zip_.weights}
    first, second = (zip_.behaviour[challenge].opened & files for challenge in (1, 2))
    if first and first == second:
        yield "challenge 2", f"Both challenges load {', '.join(sorted(first))}"
