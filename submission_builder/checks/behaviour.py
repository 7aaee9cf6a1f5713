"""S3xx: what the submission did when it was run on synthetic windows."""

from __future__ import annotations

from statistics import pstdev
from typing import TYPE_CHECKING

from submission_builder.checks.inspected import CannotCheck
from submission_builder.checks.trace import difference
from submission_builder.protocol.golden import predictions_match
from submission_builder.protocol.manifest import MANIFEST
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_ELSEWHERE = {"weights_mismatch": "S209", "bad_shape": "S302", "not_finite": "S303", "network_attempt": "S312"}
"""Ends that have a check of their own."""

_TARGET_STD = {1: 0.393, 2: 0.712}
"""Standard deviation of the targets of release R5, by challenge."""

_ROUNDING = 1e-6
_BATCHED = 1e-4
_CONSTANT = 0.01
_RELATIVE = 0.05


def predictions(zip_: Inspected) -> Iterator[Place]:
    """S301."""
    outcome = zip_.run.outcome
    if outcome in _ELSEWHERE:
        raise CannotCheck(f"the run ended in {outcome}, which {_ELSEWHERE[outcome]} tells")
    if outcome != "scored":
        yield ENTRY, f"{outcome}: {zip_.run.message}"


def shape(zip_: Inspected) -> Iterator[Place]:
    """S302."""
    if zip_.ended_in("bad_shape"):
        yield ENTRY, zip_.run.message
        return
    for challenge, seen in zip_.behaviour.items():
        for other in set(seen.shapes) - {(1, 1)}:
            yield f"challenge {challenge}", f"predicted {other} to one window; the scorer reads [0][0] and no more"


def finite(zip_: Inspected) -> Iterator[Place]:
    """S303."""
    if zip_.ended_in("not_finite"):
        yield ENTRY, zip_.run.message


def deterministic(zip_: Inspected) -> Iterator[Place]:
    """S304."""
    for challenge, seen in zip_.behaviour.items():
        apart = difference(seen.predictions, seen.rebuilt)
        if apart:
            yield (
                f"challenge {challenge}",
                f"built twice under one seed, it predictions differently, by up to {apart:.3g}",
            )


def order(zip_: Inspected) -> Iterator[Place]:
    """S305."""
    for challenge, seen in zip_.behaviour.items():
        apart = difference(seen.predictions, seen.again)
        if apart and not (zip_.stateful(challenge) or seen.drew or difference(seen.predictions, seen.rebuilt)):
            yield (
                f"challenge {challenge}",
                (
                    f"asked again in another order, it predictions differently, by up to {apart:.3g}, "
                    "and manifest.json does not call it stateful"
                ),
            )


def batches(zip_: Inspected) -> Iterator[Place]:
    """S306."""
    for challenge, seen in zip_.behaviour.items():
        if zip_.stateful(challenge) or seen.drew or difference(seen.predictions, seen.again):
            continue
        if seen.batched is None:
            yield f"challenge {challenge}", f"takes one window alone, not four: {seen.batch_error}"
        elif apart := difference(seen.predictions, seen.batched, _BATCHED):
            yield (
                f"challenge {challenge}",
                f"asked four windows at a time, it predictions differently, by up to {apart:.3g}",
            )


def input_untouched(zip_: Inspected) -> Iterator[Place]:
    """S307."""
    for challenge, seen in zip_.behaviour.items():
        if seen.modified:
            yield f"challenge {challenge}", "forward changes the window that it is given"


def generator_untouched(zip_: Inspected) -> Iterator[Place]:
    """S308."""
    for challenge, seen in zip_.behaviour.items():
        if seen.drew:
            yield f"challenge {challenge}", "forward draws from torch's global random generator"


def varying(zip_: Inspected) -> Iterator[Place]:
    """S309."""
    for challenge, seen in zip_.behaviour.items():
        volts, standardised = pstdev(seen.predictions), pstdev(seen.standardised or (0.0,))
        if volts > _CONSTANT * _TARGET_STD[challenge]:
            continue
        if volts < _RELATIVE * standardised:
            yield (
                f"challenge {challenge}",
                (
                    f"predictions {seen.predictions[0]:.4g} to every window in volts (spread {volts:.2g}), and varies on "
                    f"standardised ones (spread {standardised:.2g}): it was trained on those, and is served volts"
                ),
            )
        elif not volts > _ROUNDING and seen.opened & {file.name for file in zip_.weights}:
            yield f"challenge {challenge}", f"predictions {seen.predictions[0]:.4g} to every window, whatever its scale"


def golden(zip_: Inspected) -> Iterator[Place]:
    """S310."""
    packed = zip_.golden
    for challenge, seen in zip_.behaviour.items():
        expected = packed.get(challenge, ())
        if len(expected) != len(seen.golden):
            yield MANIFEST, f"holds {len(expected)} golden predictions of challenge {challenge}, not {len(seen.golden)}"
            continue
        apart = max(abs(x - y) for x, y in zip(expected, seen.golden, strict=True))
        if not all(map(predictions_match, seen.golden, expected)):
            yield (
                f"challenge {challenge}",
                f"predictions the golden question otherwise than at home, by up to {apart:.3g}",
            )


def device_honoured(zip_: Inspected) -> Iterator[Place]:
    """S311."""
    if zip_.run.device == "cpu":
        raise CannotCheck("it ran on the CPU, where every tensor lies anyway")
    if zip_.ended_in("crashed") and "same device" in zip_.run.message:
        yield ENTRY, zip_.run.message


def no_network(zip_: Inspected) -> Iterator[Place]:
    """S312."""
    if zip_.ended_in("network_attempt"):
        yield ENTRY, zip_.run.message
    elif zip_.run.network:
        yield ENTRY, f"reached for {', '.join(zip_.run.network)}"
