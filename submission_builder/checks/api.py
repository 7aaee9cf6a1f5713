"""S113, S114: names of Python, numpy, torch and braindecode, compared with the versions that the server may have.

A finding does not prevent the run, since the name may exist in one of the versions.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.context import Level
from submission_builder.checks.inspected import at
from submission_builder.server.api.index import apis_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.context import Context
    from submission_builder.checks.inspected import Inspected, Place

    Missing = tuple[str, ast.AST, Context, str]


@check("S113", "error", certain=False)
def known_names(zip_: Inspected) -> Iterator[Place]:
    """Every name of the standard library, numpy, torch and braindecode exists in the versions that the server may have.

    Fault
        A name of Python, numpy, torch or braindecode may not exist on the server
    Why
        The server has Python 3.10 and braindecode 1.2.0. The organisers published two lists: one with torch 2.2.2,
        which needs numpy 1.26, and one with torch 2.8.0 and numpy 2.2.6. A missing name raises AttributeError or
        ImportError.
    Causes
        Code for newer versions: typing.Self and datetime.UTC came with Python 3.11, numpy.trapezoid with numpy 2.0,
        torch.nn.RMSNorm after torch 2.2.2. Code for older versions: numpy 2 removed numpy.NaN and numpy.float_.
    Solution
        Write the function yourself, or test for the name first: `if hasattr(torch.nn, 'RMSNorm'):`.
    """
    yield from ((at(name, node), message) for name, node, context, message in _lacking(zip_) if _is_certain(context))


@check("S114", "error", certain=False)
def known_keywords(zip_: Inspected) -> Iterator[Place]:
    """Every keyword argument exists in the server's versions of the standard library, numpy, torch and braindecode.

    Fault
        A keyword argument may not exist in the server's Python, numpy, torch or braindecode
    Why
        An unknown keyword raises TypeError. The server has Python 3.10, torch 2.2.2 with numpy 1.26 or torch 2.8.0 with
        numpy 2.2.6, and braindecode 1.2.0.
    Causes
        Code for a newer version, such as scaled_dot_product_attention(enable_gqa=…); or a typing error.
    Solution
        Remove the argument, or catch the TypeError.
    """
    yield from ((at(name, node), message) for name, node, context, message in _keywords(zip_) if _is_certain(context))


def missing_names(zip_: Inspected) -> Iterator[Missing]:
    """Yield every name and keyword that the server may lack, with the file, the node and its context."""
    yield from _lacking(zip_)
    yield from _keywords(zip_)


def _is_certain(context: Context) -> bool:
    return context.level is Level.CERTAIN


def _lacking(zip_: Inspected) -> Iterator[Missing]:
    for name, node, context, dotted in zip_.code.uses:
        apis = apis_of(dotted)
        lacking = [api.version for api in apis if api.lacks(dotted)]
        if lacking:
            yield name, node, context, f"{dotted} does not exist in {apis[0].package} {' and '.join(lacking)}"


def _keywords(zip_: Inspected) -> Iterator[Missing]:
    calls = {
        id(node.func): node for nodes in zip_.code.executed.values() for node, _ in nodes if isinstance(node, ast.Call)
    }
    for name, node, context, dotted in zip_.code.uses:
        call = calls.get(id(node))
        for keyword in [keyword.arg for keyword in call.keywords if keyword.arg] if call else []:
            lacking = [
                str(api)
                for api in apis_of(dotted)
                if (taken := api.keywords(dotted)) is not None and keyword not in taken
            ]
            if lacking:
                yield name, node, context, f"{dotted} has no parameter {keyword} in {' and '.join(lacking)}"
