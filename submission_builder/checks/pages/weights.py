"""S2xx: the weights."""

from __future__ import annotations

from submission_builder.checks import weights
from submission_builder.checks.check import Check

WEIGHTS: tuple[Check, ...] = (
    Check(
        "S201",
        "error",
        "No pickle runs code when it is loaded.",
        weights.harmless,
        "A pickle can name any function and have it called; whoever loads it runs it.",
        "A file from a source that is not to be trusted; a pickled function or partial.",
        "Save tensors alone, by `torch.save(net.state_dict(), path)`, and load them with weights_only=True.",
    ),
    Check(
        "S202",
        "warning",
        "Files of weights hold tensors and containers alone.",
        weights.tensors_only,
        "Anything else is refused by torch.load(weights_only=True), the default since 2.6, and needs on the server "
        "the very versions of the packages that it was saved under.",
        "torch.save(net), numpy scalars among the metrics of a checkpoint, models of sklearn.",
        "Save `net.state_dict()`, and numbers as `float(x)`.",
    ),
    Check(
        "S203",
        "error",
        "Files of weights are whole.",
        weights.whole,
        "What is cut short, empty or something else under the name of weights cannot be loaded.",
        "An interrupted copy; a pointer of Git LFS instead of the file; a download that saved the error page.",
        "Copy the file anew (`git lfs pull`), and load it once before packing.",
    ),
    Check(
        "S204",
        "error",
        "All weights are finite.",
        weights.finite,
        "One NaN or +inf in the weights makes every prediction so, and the scorer raises on it; -inf passes, as masks hold "
        "it.",
        "Training that diverged; half precision that overflowed; the last checkpoint taken instead of the best.",
        "Take a checkpoint from before it diverged.",
    ),
    Check(
        "S205",
        "warning",
        "No state of an optimiser is packed.",
        weights.no_optimiser,
        "It is two thirds of a checkpoint's bytes, and inference has no use for it.",
        "The whole training checkpoint was packed.",
        "`torch.save(checkpoint['model'], path)`; `subpack build` leaves it out by itself.",
    ),
    Check(
        "S206",
        "warning",
        "No two files of weights are the same bytes.",
        weights.distinct,
        "Under two names, one of them is most likely not what was meant; if it is, it is packed twice.",
        "A file copied over the other; the weights of one challenge saved under the name of the other.",
        "Compare with what training saved; let both places load one file where that is meant.",
    ),
    Check(
        "S207",
        "error",
        "The weights that the code loads lie in the zip.",
        weights.present,
        "Loading raises where the file is not there, and then neither challenge is scored.",
        "The file was left out, renamed, or is looked for in a folder of another machine.",
        "Pack it beside submission.py, and find it by `Path(__file__).resolve().parent`.",
    ),
    Check(
        "S208",
        "error",
        "The files are those that manifest.json lists.",
        weights.as_listed,
        "A zip of subpack verifies the digests of its weights when they are loaded, and raises.",
        "A file was exchanged in a zip that was built.",
        "Build anew.",
    ),
    Check(
        "S209",
        "error",
        "The weights fit the net, strictly.",
        weights.fitting,
        "load_state_dict raises on names or shapes that differ.",
        "A training checkpoint whose state lies under a key was not unwrapped; weights of the other challenge; "
        "another width or depth than was trained.",
        "Unwrap it (`checkpoint['state_dict']`), and build the net with the arguments that it was trained with.",
        runs=True,
    ),
    Check(
        "S210",
        "error",
        "No tensor is left as it was initialised.",
        weights.nothing_left_random,
        "The server seeds nothing: such a net predictions from random weights, differently at every run.",
        "strict=False; a load that was skipped or swallowed; weights loaded into another net than the one returned.",
        "Load strictly, and into the net that the getter returns.",
        runs=True,
    ),
    Check(
        "S211",
        "warning",
        "Every file of weights is opened.",
        weights.opened,
        "What nothing opens is dead weight, or it is the file that was meant to be loaded.",
        "Two files of similar names; weights of a net that was given up.",
        "Leave it out, or load it.",
        runs=True,
    ),
    Check(
        "S212",
        "warning",
        "The two challenges load different weights.",
        weights.own_weights,
        "Response time and externalizing factor have other targets; one file for both is most often a mistake.",
        "A path that was copied from one getter to the other.",
        "Load each challenge's own file.",
        runs=True,
    ),
)
