"""Rules for weight files: S201 to S214."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from submission_builder.logs.rule import by_submission, rule

if TYPE_CHECKING:
    from submission_builder.logs.exceptions import Raised


_PRIVATE = re.compile(r"/home/|/Users/|/root/|/mnt/|/content/|/kaggle/|/scratch/|[A-Za-z]:[\\/]")
_PATH = r"(?:No such file or directory: |provided filename )b?['\"]?(?P<path>[^'\"]+)"
_MISSING = re.compile(_PATH)
_WEIGHTS = re.compile(r"\.(pt|pth|pt2|ckpt|pkl|pickle|joblib|bin|safetensors|npz|npy|h5|onnx|jit)$")


def _private(raised: Raised, match: re.Match[str]) -> bool:
    return by_submission(raised, match) and bool(_PRIVATE.match(match["path"]))


def missing_file(raised: Raised) -> str | None:
    """Return the path of the file that does not exist, as the exception names it; None for other exceptions."""
    match = _MISSING.search(raised.summary)
    return match["path"].removesuffix(" does not exist").strip() if match else None


def _weights(raised: Raised, match: re.Match[str]) -> bool:
    path = missing_file(raised) or ""
    return by_submission(raised, match) and not _PRIVATE.match(path) and bool(_WEIGHTS.search(path))


WEIGHTS_RULES = (
    rule("S209", r"Error\(s\) in loading state_dict|size mismatch for \w|unexpected key .* in state_dict"),
    rule("S213", r"Unknown builtin op|Unknown type name|Attempted to read a PyTorch file with version"),
    rule(
        "S213", r"Arguments for call are not valid|Unknown keyword argument .*|unknown attribute .* in the serialized"
    ),
    rule("S213", r"is not a known BitGenerator|BitGenerator name"),
    rule("S213", r"unsupported pickle protocol|No module named 'lz4|LZ4 is not installed"),
    rule("S213", r"Can't get attribute '\w+' on <module '(numpy|sklearn|torch|pathlib)\b"),
    rule("S213", r"node array from the pickle has an incompatible dtype|Unsupported schema version|opset_version"),
    rule("S213", r"^(RuntimeError|ValueError): .*serialized_exported_program|^KeyError: .*archive_format"),
    rule("S202", r"Can't get attribute '\w+' on <module"),
    rule("S202", r"Weights only load failed.*(Unsupported|GLOBAL|class|operand)|Unsupported (class|global|operand)"),
    rule("S203", r"invalid load key|pickle data was truncated|Ran out of input|unpickling stack underflow"),
    rule("S203", r"PytorchStreamReader failed|failed finding central directory|Invalid magic number"),
    rule("S203", r"unexpected EOF|file in archive is not in a subdirectory|not a ZIP archive"),
    rule("S203", r"^BadZipFile", by_submission),
    rule("S203", r"^(HeaderTooLarge|SafetensorError|InvalidHeader)|Error while deserializing header"),
    rule("S106", _PATH, _private),
    rule("S207", _PATH, _weights),
    rule("weights_missing", _PATH, by_submission),
    rule("weights_missing", r"^FileNotFoundError: ", by_submission),
)
"""In the order of their precision."""
