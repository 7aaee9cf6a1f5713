"""Rules for the archive and the code: S001 to S003, S101 to S122."""

from __future__ import annotations

import builtins
import functools
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from submission_builder.logs.rule import by_program, rule
from submission_builder.server.api.index import apis_of, server_apis
from submission_builder.server.facts import server_modules

if TYPE_CHECKING:
    from submission_builder.logs.exceptions import Raised


_UNPICKLING = re.compile(r"/(pickle|serialization|_weights_only_unpickler|numpy_pickle\w*|_pickle|unpickle\w*)\.py$")
"""Files of Python, torch and joblib that read weights."""

_LOADS = re.compile(r"\bloads?\(")
_OTHER_DEVICE = r"tensors to be on the same device|torch\.cuda\.\w+\) and weight type|Tensor for argument .* is on cpu"


def _loads_weights(raised: Raised) -> bool:
    """Whether the exception arose while an object was unpickled; C code for it has no frame of its own."""
    return any(_UNPICKLING.search(frame.file) for frame in raised.frames) or bool(
        raised.frames and _LOADS.search(raised.frames[-1].code)
    )


def _is_import(raised: Raised, match: re.Match[str]) -> bool:
    """Whether the innermost line is an import: Python itself raised while it parsed or executed a file."""
    del match
    return bool(raised.frames) and raised.frames[-1].code.startswith(("import ", "from "))


def _is_no_import(raised: Raised, match: re.Match[str]) -> bool:
    return not _is_import(raised, match)


def _reads_arguments(raised: Raised, match: re.Match[str]) -> bool:
    del match
    return bool(raised.frames) and "sys.argv" in raised.frames[-1].code


def _unknown_module(raised: Raised, match: re.Match[str]) -> bool:
    return match[1].partition(".")[0] not in server_modules() and not _loads_weights(raised)


def _missing_part(raised: Raised, match: re.Match[str]) -> bool:
    """Whether a module of a known package is missing: a part that came with another version."""
    return match[1].partition(".")[0] in server_modules() and "." in match[1] and not _loads_weights(raised)


def _lacked_name(raised: Raised, match: re.Match[str]) -> bool:
    """Whether the server's version of a known package lacks a name."""
    module, name = (match["module"], match["name"])
    apis = apis_of(module)
    return any(api.lacks(f"{module}.{name}") for api in apis) or (
        bool(apis) and not _loads_weights(raised) and not raised.raised_by_program
    )


@functools.cache
def _public_names() -> frozenset[str]:
    """Return the names of all functions and classes of the packages whose versions on the server are known."""
    return frozenset(name for api in server_apis() for names in api.names.values() for name in names or ())


def _of_a_library(raised: Raised, match: re.Match[str]) -> bool:
    """Whether a function or class that was called has a name of a library; a class of the submission has its own."""
    called = match["called"].split(".")
    name = called[-2] if called[-1] == "__init__" and len(called) > 1 else called[-1]
    return not raised.raised_by_program and (name.startswith("_") or name in _public_names())


def _newer_builtin(raised: Raised, match: re.Match[str]) -> bool:
    del raised
    return hasattr(builtins, match[1]) and any(api.lacks(f"builtins.{match[1]}") for api in apis_of("builtins"))


def _own_source(raised: Raised, match: re.Match[str]) -> bool:
    """Whether the file that does not parse belongs to the submission."""
    del match
    return not raised.frames or bool(raised.own_frames) or not _is_library(raised.frames[-1].file)


def _is_library(file: str) -> bool:
    return bool({"site-packages", "dist-packages"} & set(PurePosixPath(file).parts))


CODE_RULES = (
    rule("S001", r"^BadZipFile: ", by_program),
    rule("S001", r"^BadZipFile: (File is not a zip file|Bad CRC-32)", lambda raised, _: not raised.frames),
    rule("S002", r"^ModuleNotFoundError: No module named 'submission'"),
    rule("S003", r"^ModuleNotFoundError: No module named 'submission'"),
    rule("S101", r"^(SyntaxError|IndentationError|TabError)\b", _own_source),
    rule("S101", r"^ValueError: source code (string )?cannot contain null bytes"),
    rule("S101", r"^(MemoryError|RecursionError): .*(parser stack|during compilation)"),
    rule("S101", r"^MemoryError$", _is_import),
    rule(
        "S101",
        r"^UnicodeDecodeError: ",
        lambda raised, _: bool(raised.frames) and "importlib" in raised.frames[-1].file,
    ),
    rule("S102", r"cannot import name 'Submission' from 'submission'"),
    rule("S102", r"module 'submission' has no attribute 'Submission'"),
    rule("S103", r"^TypeError: (Submission\.)?__init__\(\) ", by_program),
    rule("S103", r"^TypeError: Submission\(\) takes no arguments", by_program),
    rule("S104", r"^AttributeError: 'Submission' object has no attribute 'get_model"),
    rule("S104", r"^TypeError: (\w+\.)?get_model_challenge_[12]\(\) (missing|takes)", by_program),
    rule("S105", r"No module named '([\w.]+)'", _unknown_module),
    rule("S213", r"No module named '(numpy\._core|pathlib\._local)", _is_no_import),
    rule("S113", r"No module named '([\w.]+)'", _missing_part),
    rule(
        "S113",
        r"cannot import name '(?P<name>\w+)' from (partially initialized module )?'(?P<module>[\w.]+)'",
        _lacked_name,
    ),
    rule("S113", r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'", _lacked_name),
    rule("S113", r"^AttributeError: `?np\.\w+`? was (removed|a deprecated alias)"),
    rule("S113", r"^NameError: name '(\w+)' is not defined", _newer_builtin),
    rule("S114", r"^TypeError: (?P<called>[\w.]+)\(\) got an unexpected keyword argument", _of_a_library),
    rule("S114", r"^TypeError: .*(is an invalid keyword argument|invalid combination of arguments)"),
    rule("S122", r"^(IndexError|ValueError): (list index|not enough values)", _reads_arguments),
    rule("S112", r"Numpy is not available"),
    rule("S117", r"does not require grad and does not have a grad_fn|Inference tensors cannot be saved for backward"),
    rule("S117", r"Setting requires_grad=True on inference tensor|inference mode"),
    rule("S311", _OTHER_DEVICE),
    rule("S116", _OTHER_DEVICE),
)
"""In the order of their precision."""
