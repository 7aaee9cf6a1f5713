"""S201 to S205: the contents of weight files, read without torch and without running the pickles."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from submission_builder.checks.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_OPTIMIZER = ("optimizer", "optimiser", "optim", "scheduler", "scaler")
_SHOWN = 3


@check("S201", "error")
def harmless(zip_: Inspected) -> Iterator[Place]:
    """No pickle runs code when it is loaded.

    Fault
        A pickle runs code when it is loaded
    Why
        A pickle can name any function and its arguments. Loading the pickle calls the function.
    Causes
        A file from an untrusted source; or a pickled function or partial.
    Solution
        Save only tensors, with `torch.save(net.state_dict(), path)`, and load them with weights_only=True.
    """
    for file in zip_.weights:
        if dangerous := sorted(file.pickled.dangerous):
            yield file.name, f"The pickle names {', '.join(dangerous)}, which can run any code when it is loaded"


@check("S202", "warning")
def tensors_only(zip_: Inspected) -> Iterator[Place]:
    """Weight files contain only tensors and containers.

    Fault
        A weight file contains more than tensors
    Why
        torch.load(weights_only=True), the default since torch 2.6, refuses all other objects. To load them, the server
        needs the same versions of the packages that saved them.
    Causes
        torch.save(net), numpy scalars among the metrics of a checkpoint, models of scikit-learn.
    Solution
        Save `net.state_dict()`, and numbers as `float(x)`.
    """
    for file in zip_.weights:
        if foreign := sorted(file.pickled.foreign):
            some = ", ".join(foreign[:_SHOWN]) + (" …" if len(foreign) > _SHOWN else "")
            yield file.name, f"The file contains more than tensors ({some}); torch.load(weights_only=True) refuses it"


@check("S203", "error")
def whole(zip_: Inspected) -> Iterator[Place]:
    """Weight files are complete.

    Fault
        A weight file is damaged or is something else
    Why
        torch cannot load a file that is truncated, empty or not a weight file.
    Causes
        An interrupted copy; a Git LFS pointer instead of the file; a download that saved the error page.
    Solution
        Copy the file again (`git lfs pull`), and load it once before you pack it.
    """
    for file in zip_.weights:
        if file.damage:
            yield file.name, file.damage


@check("S204", "error")
def finite(zip_: Inspected) -> Iterator[Place]:
    """All weights are finite.

    Fault
        A weight is NaN or infinite
    Why
        A NaN or +inf among the weights spreads to the predictions, and the scorer raises on these. The check accepts
        -inf, which masks contain.
    Causes
        Training diverged; half precision overflowed; the last checkpoint was packed instead of the best one.
    Solution
        Pack a checkpoint from before the divergence.
    """
    for file in zip_.weights:
        for tensor, value in file.bad.items():
            yield file.name, f"{tensor} contains {value}"


@check("S205", "warning")
def no_optimizer(zip_: Inspected) -> Iterator[Place]:
    """Weight files contain no state of an optimizer.

    Fault
        A weight file contains the state of an optimizer
    Why
        The state of Adam takes two thirds of a checkpoint's bytes, and inference does not use it.
    Causes
        The whole training checkpoint was packed.
    Solution
        `torch.save(checkpoint['model'], path)`; `subpack build` removes the state by itself.
    """
    for file in zip_.weights:
        by_top: dict[str, int] = defaultdict(int)
        for name, tensor in file.tensors.items():
            by_top[name.partition(".")[0]] += tensor.numel
        unused = {top: n for top, n in by_top.items() if top.lower().startswith(_OPTIMIZER)}
        if unused:
            share = sum(unused.values()) / sum(by_top.values())
            yield file.name, f"{', '.join(unused)}: only training uses {share:.0%} of the values in the file"
