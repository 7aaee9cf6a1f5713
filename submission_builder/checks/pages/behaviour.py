"""S3xx: the behaviour, of a run on synthetic windows."""

from __future__ import annotations

from submission_builder.checks import behaviour
from submission_builder.checks.check import Check

BEHAVIOUR: tuple[Check, ...] = (
    Check(
        "S301",
        "error",
        "Both challenges load and prediction.",
        behaviour.predictions,
        "Any exception, in either challenge, means no score at all.",
        "A package, folder or function that the server does not have; an error that was never seen because forward "
        "was never run from the zip.",
        "The message holds the last lines of the run. `subpack evaluate` runs the zip on a whole release.",
        runs=True,
    ),
    Check(
        "S302",
        "error",
        "An prediction to one window has the shape (1, 1) and is float32.",
        behaviour.shape,
        "The scorer reads prediction.detach().cpu().numpy()[0][0]: one axis less raises, one more is read wrongly, and "
        "further columns are dropped.",
        "A bare squeeze(), a head with several outputs, bfloat16.",
        "`return y.reshape(len(X), 1).float()`",
        runs=True,
    ),
    Check(
        "S303",
        "error",
        "Predictions are finite.",
        behaviour.finite,
        "The scorer raises on NaN and infinity.",
        "A division by the spread of a flat channel (Cz, the last, is the reference), a logarithm, half precision.",
        "Add a small number to what divides, in the units of the input: volts, about 1e-5.",
        runs=True,
    ),
    Check(
        "S304",
        "error",
        "Built twice under one seed, it predictions alike.",
        behaviour.deterministic,
        "A score that cannot be had twice is no score of the net.",
        "Time, the process, Python's or numpy's own random generators, the order of a set.",
        "Fix what varies, or leave it to training.",
        runs=True,
    ),
    Check(
        "S305",
        "warning",
        "Predictions depend on the window alone, not on those before it.",
        behaviour.order,
        "The server's order of recordings is not known, so a model that keeps state may be scored otherwise there. "
        "Keeping state is allowed, as windows come in order.",
        "Running statistics that are updated in forward, BatchNorm left in training mode, a cache.",
        'If it is meant, say so in manifest.json: `{"challenges": {"1": {"stateful": true}}}`.',
        runs=True,
    ),
    Check(
        "S306",
        "warning",
        "A window is predicted alike alone and among others.",
        behaviour.batches,
        "The published programs ask one window at a time; the batch of the final phase is not public.",
        "Statistics over the batch, BatchNorm left in training mode, a reshape that takes the batch for 1.",
        "Compute each window by itself, over axes 1 and 2.",
        runs=True,
    ),
    Check(
        "S307",
        "warning",
        "forward leaves its input as it is.",
        behaviour.input_untouched,
        "What else reads the same window, such as the second member of an ensemble, sees another one.",
        "In-place operations: `X -= X.mean()`, `X.clamp_()`.",
        "`X = X - X.mean()`",
        runs=True,
    ),
    Check(
        "S308",
        "warning",
        "forward draws nothing from torch's global random generator.",
        behaviour.generator_untouched,
        "Predictions then vary with everything else that draws, and between runs: the server sets no seed.",
        "Dropout or augmentation that is on in eval mode, torch.randperm in an attention.",
        "Switch it off under `self.training`, or draw once and keep it as a buffer.",
        runs=True,
    ),
    Check(
        "S309",
        "warning",
        "Predictions vary from window to window at the scale of volts.",
        behaviour.varying,
        "The server hands out volts, about 1e-5. Trained on standardised windows, a net sees zeros and predictions one "
        "constant: four packages of 2025 scored 1.0002 to 1.63 that way. A constant that loads no weights is meant.",
        "Standardisation in the data pipeline of training instead of the net.",
        "Make it the net's first layer: `(X - X.mean(-1, keepdim=True)) / (X.std(-1, keepdim=True) + 1e-8)`.",
        runs=True,
    ),
    Check(
        "S310",
        "error",
        "The golden question is predicted as at home.",
        behaviour.golden,
        "The predictions to a fixed question are packed with the weights; others mean another net, though all names and "
        "shapes fit.",
        "Sources or a package of another version: symmetric for causal padding, another activation.",
        "Build anew with the sources that the net was trained with.",
        runs=True,
    ),
    Check(
        "S311",
        "error",
        "The model works on the device that it is given.",
        behaviour.device_honoured,
        "Windows arrive on DEVICE, a GPU; a model that stays on the CPU raises at the first of them.",
        "`map_location='cpu'` without `.to(device)` after it, tensors made in forward without `device=`.",
        "`net.to(DEVICE)` in the getter; `torch.zeros(…, device=X.device)` in forward.",
        runs=True,
    ),
    Check(
        "S312",
        "warning",
        "Nothing reaches for the network when it runs.",
        behaviour.no_network,
        "Whether the server has a network is not public; a download that fails there ends the run.",
        "Pre-trained weights fetched when a net is built.",
        "Put the weights into the zip, and build with `pretrained=False`.",
        runs=True,
    ),
)
