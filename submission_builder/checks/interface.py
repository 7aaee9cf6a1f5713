"""S101 to S104: the files parse, and the server can import and call the class Submission."""

from __future__ import annotations

import ast
from difflib import get_close_matches
from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.inspected import CannotCheck, at
from submission_builder.checks.submission_class import NAME, SubmissionClass, may_have_class
from submission_builder.protocol.entry_point import SUBMISSION
from submission_builder.server.facts import ENTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_UNKNOWN = "static analysis cannot determine what submission.py makes under this name"


@check("S101", "error")
def parses(zip_: Inspected) -> Iterator[Place]:
    """Every Python file that submission.py imports parses under Python 3.10.

    Fault
        A Python file does not parse under Python 3.10
    Why
        The server runs Python 3.10 and cannot import a file that it cannot parse.
    Causes
        Syntax of a newer Python, such as `except*`, `type X = …`, `x[*i]` or an f-string that contains its own quotes
        inside of braces; a file that is not encoded in UTF-8; or a truncated file.
    Solution
        Use the syntax of Python 3.10, and save the file as UTF-8.
    """
    yield from ((place, message) for place, message, certain in zip_.code.unparsed() if certain)


@check("S102", "error")
def has_class(zip_: Inspected) -> Iterator[Place]:
    """submission.py has a class Submission at its top level.

    Fault
        submission.py has no class Submission at its top level
    Why
        The server runs `from submission import Submission`.
    Causes
        The class has another name, or stands inside a function.
    Solution
        Name the class Submission, and define it at the top level of submission.py.
    """
    has = may_have_class(zip_) if zip_.code.entry else None
    if has is None:
        raise CannotCheck(_UNKNOWN)
    if has:
        return
    classes = [node.name for node in ast.walk(zip_.code.entry) if isinstance(node, ast.ClassDef)]
    near = get_close_matches(NAME, classes, n=1, cutoff=0.5)
    nearest = f"; the nearest class of the file is {near[0]}" if near else ""
    yield ENTRY, f"The top level has no class Submission{nearest}"


@check("S103", "error")
def constructor(zip_: Inspected) -> Iterator[Place]:
    """Submission can be called with two positional arguments.

    Fault
        Submission(SFREQ, DEVICE) cannot be called
    Why
        The server calls `Submission(SFREQ, DEVICE)`.
    Causes
        The constructor was written for another program.
    Solution
        Write `def __init__(self, SFREQ, DEVICE):`; further parameters need defaults.
    """
    class_ = SubmissionClass(zip_)
    method = class_.method("__init__")
    if method is not None:
        if not _takes(method, 2):
            yield at(ENTRY, method), f"__init__({_signature(method)}) cannot be called as Submission(SFREQ, DEVICE)"
    elif class_.has("__init__") or class_.inherits or class_.is_dataclass:
        raise CannotCheck(_UNKNOWN)
    else:
        yield at(ENTRY, class_.node), "Submission has no __init__; the server calls Submission(SFREQ, DEVICE)"


@check("S104", "error")
def getters(zip_: Inspected) -> Iterator[Place]:
    """Submission has get_model_challenge_1 and get_model_challenge_2, which need no arguments.

    Fault
        The server cannot call get_model_challenge_1 or get_model_challenge_2
    Why
        The server calls both methods by these names, in the singular, without arguments.
    Causes
        The plural (`get_models_challenge_1`), only one challenge, a parameter without a default.
    Solution
        Name them `get_model_challenge_1(self)` and `get_model_challenge_2(self)`.
    """
    class_ = SubmissionClass(zip_)
    wrong: list[tuple[ast.AST, str]] = []
    unknown = False
    for getter in SUBMISSION.getters:
        method = class_.method(getter)
        if method is not None:
            if not _takes(method, 0):
                wrong.append((method, f"{getter}({_signature(method)}) cannot be called without arguments"))
        elif class_.has(getter) or class_.inherits:
            unknown = True
        else:
            near = get_close_matches(getter, [name for name in class_.functions if name[-1] == getter[-1]], n=1)
            nearest = f"; the nearest method is {near[0]}" if near else ""
            wrong.append((class_.node, f"Submission has no method {getter}{nearest}"))
    if unknown and not wrong:
        raise CannotCheck(_UNKNOWN)
    yield from ((at(ENTRY, node), message) for node, message in wrong)


def _takes(method: ast.FunctionDef, n: int) -> bool:
    """Whether a method can be called with n positional arguments beside self."""
    arguments = method.args
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in method.decorator_list)
    most = len(arguments.posonlyargs) + len(arguments.args) - (not static)
    keyword_only = sum(default is None for default in arguments.kw_defaults)
    return most - len(arguments.defaults) <= n and (n <= most or arguments.vararg is not None) and not keyword_only


def _signature(method: ast.FunctionDef) -> str:
    return ast.unparse(method.args)
