"""S301 to S303, S311 to S313: how a run on synthetic windows ended, and what the scorer can read of its predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.inspected import CannotCheck
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

REPORTED_BY = {"weights_mismatch": "S209", "bad_shape": "S302", "not_finite": "S303"}
"""Outcomes that are an error of another check."""


@check("S301", "error", runs=True)
def predicts(zip_: Inspected) -> Iterator[Place]:
    """Both challenges load and predict.

    Fault
        The run ended before both challenges had predicted
    Why
        Any exception, in either challenge, means that neither gets a score.
    Causes
        A package, folder or function that the server does not have; an error in forward, which never ran from the zip
        before.
    Solution
        The message names the outcome of the run, and `subpack explain OUTCOME` explains it. `subpack evaluate` shows
        the last lines of the submission's output.
    """
    outcome = zip_.run.outcome
    if (other := REPORTED_BY.get(outcome)) in zip_.selected:
        raise CannotCheck(f"the run ended in {outcome}, which {other} reports")
    if outcome != "scored":
        yield ENTRY, f"{outcome}: {zip_.run.message}"


@check("S302", "error", runs=True)
def shape(zip_: Inspected) -> Iterator[Place]:
    """Every prediction for one window has the shape (1, 1) and a dtype that numpy has.

    Fault
        A prediction has the wrong shape or dtype
    Why
        The scorer reads prediction.detach().cpu().numpy()[0][0]. With one axis less that raises; of an array with more
        axes or columns it reads only a part.
    Causes
        A bare squeeze(), a head with several outputs, bfloat16. The scorer accepts float64.
    Solution
        `return y.reshape(len(X), 1).float()`
    """
    if zip_.ended_in("bad_shape"):
        yield ENTRY, zip_.run.message
        return
    for challenge, seen in zip_.behaviour.items():
        for other in set(seen.shapes) - {(1, 1)}:
            yield (
                f"challenge {challenge}",
                f"The prediction for one window has the shape {other}; the scorer reads only [0][0]",
            )


@check("S303", "error", runs=True)
def finite(zip_: Inspected) -> Iterator[Place]:
    """All predictions are finite.

    Fault
        A prediction is NaN or infinite
    Why
        The scorer raises on NaN and infinity.
    Causes
        A division by the standard deviation of a flat channel (Cz, the last channel, is the reference), a logarithm,
        half precision.
    Solution
        Add a small number to the divisor, in the units of the input: the windows are in volts, about 1e-5.
    """
    if zip_.ended_in("not_finite"):
        yield ENTRY, zip_.run.message


@check("S311", "error", runs=True)
def device_honoured(zip_: Inspected) -> Iterator[Place]:
    """Every model computes on the device that the server passes.

    Fault
        The model does not compute on DEVICE
    Why
        The windows are on DEVICE, a GPU; a model on the CPU raises at the first of them.
    Causes
        `map_location='cpu'` without `.to(device)` after it, or tensors that forward makes without `device=`.
    Solution
        `net.to(DEVICE)` in the getter; `torch.zeros(…, device=X.device)` in forward.
    """
    if zip_.run.device == "cpu":
        raise CannotCheck("the run used the CPU, where all tensors are on one device")
    if zip_.ended_in("crashed") and "same device" in zip_.run.message:
        yield ENTRY, zip_.run.message


@check("S312", "warning", runs=True)
def no_network(zip_: Inspected) -> Iterator[Place]:
    """No part of the run tries to use the network.

    Fault
        The run tried to use the network
    Why
        The organisers have not published whether the server has a network. Without one, a download ends the run.
    Causes
        Pre-trained weights that are downloaded when a net is built.
    Solution
        Put the weights into the zip, and build the net with `pretrained=False`.
    """
    if zip_.ended_in("network_attempt"):
        yield ENTRY, zip_.run.message.partition("\n")[0]  # S301 reports the rest
    elif zip_.run.network:
        yield ENTRY, f"The submission tried to reach {', '.join(zip_.run.network)}"


@check("S313", "warning", runs=True)
def writes_nothing(zip_: Inspected) -> Iterator[Place]:
    """No part of the run writes files beside submission.py.

    Fault
        The run writes files beside submission.py
    Why
        Codabench's worker mounts the folder of the submission writable. Whether the competition's image lets its user
        write there is not public. If not, writing raises.
    Causes
        A log, or a cache of compiled or downloaded files, in the folder of `__file__`.
    Solution
        Write to `tempfile.gettempdir()`, or do not write files.
    """
    zip_.ended_in("scored")
    for name in zip_.run.written:
        yield name, "The submission opened this file for writing"
