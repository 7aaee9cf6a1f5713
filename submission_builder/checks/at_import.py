"""S121, S122: code that ends the process, or may end it, while submission.py is imported."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from submission_builder.checks.check import check
from submission_builder.checks.conditions import dotted_name
from submission_builder.checks.context import Level
from submission_builder.checks.guards import EXIT, is_exit
from submission_builder.checks.inspected import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from submission_builder.checks.inspected import Inspected, Place

_PARSES = (
    "parse_args() reads the command line when submission.py is imported, and ends the process (SystemExit) if the "
    "arguments of the server's program do not fit"
)


@check("S121", "error")
def no_exit(zip_: Inspected) -> Iterator[Place]:
    """No code ends the process while submission.py is imported.

    Fault
        The import of submission.py ends the process
    Why
        The server imports submission.py into its own program, which ends with it. Neither challenge gets a score.
    Causes
        A script ends with `sys.exit(main())` outside of `if __name__ == "__main__":`.
    Solution
        Move the call below `if __name__ == "__main__":`.
    """
    for name, node in _at_import(zip_):
        if (isinstance(node, ast.Call) and is_exit(node)) or (isinstance(node, ast.Raise) and _raises_exit(node)):
            yield at(name, node), f"`{ast.unparse(node)[:60]}` ends the process when submission.py is imported"


@check("S122", "warning")
def no_command_line(zip_: Inspected) -> Iterator[Place]:
    """No code reads the command line while submission.py is imported.

    Fault
        The import of submission.py reads the command line
    Why
        On the server, the command line is that of the server's program, which is not public. argparse ends the process
        (SystemExit) at an argument that it does not know.
    Causes
        Options of a training script, read by `parser.parse_args()` at the top level.
    Solution
        Write the values into the code, use `parser.parse_args([])`, or move the call below
        `if __name__ == "__main__":`.
    """
    for name, node in _at_import(zip_):
        if isinstance(node, ast.Call) and _parses_arguments(node):
            yield at(name, node), _PARSES
        elif isinstance(node, ast.Subscript) and dotted_name(node.value) == "sys.argv" and _is_positive(node.slice):
            yield at(name, node), "sys.argv is the command line of the server's program when submission.py is imported"


def _at_import(zip_: Inspected) -> Iterator[tuple[str, ast.AST]]:
    """Yield the nodes that are certainly executed at import, and where an exit of the process is not caught."""
    for name, nodes in zip_.code.executed.items():
        for node, context in nodes:
            if context.at_import is Level.CERTAIN and EXIT not in context.caught:
                yield name, node


def _raises_exit(node: ast.Raise) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return raised is not None and dotted_name(raised) == "SystemExit"


def _parses_arguments(call: ast.Call) -> bool:
    """Whether a call is ``parse_args`` without arguments of its own."""
    given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in ("args", None))]
    own = [one for one in given if dotted_name(one.value if isinstance(one, ast.Subscript) else one) != "sys.argv"]
    return isinstance(call.func, ast.Attribute) and call.func.attr == "parse_args" and not own


def _is_positive(index: ast.expr) -> bool:
    return isinstance(index, ast.Constant) and isinstance(index.value, int) and index.value > 0
