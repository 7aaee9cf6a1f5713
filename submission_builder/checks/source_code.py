"""The Python sources of a zip, and the part of them that the server executes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from submission_builder.base.zip_file import open_zip, read_entry
from submission_builder.checks.apple_double import is_apple_double
from submission_builder.checks.conditions import UNKNOWN, constants, decided, dotted_name, evaluated
from submission_builder.checks.context import Level
from submission_builder.checks.guards import SYNTAX
from submission_builder.checks.modules_of_zip import ModulesOfZip, named_in_manifest
from submission_builder.checks.names import uses_of_server_names
from submission_builder.checks.reachable import Reachable
from submission_builder.checks.source import parsed
from submission_builder.server.facts import ENTRY, server_modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from zipfile import ZipFile

    from submission_builder.checks.context import Context
    from submission_builder.checks.names import Use

LONGEST_SOURCE = 5_000_000
"""Longest source in bytes that is parsed."""

_IMPORTABLE = (".py", ".so", ".pyc")


class CannotCheck(Exception):  # noqa: N818 - not an error: the check is skipped, for this reason
    """A check has nothing to look at."""


@dataclass(eq=False)
class SourceCode:
    """The Python sources of a zip. A file is parsed when it is read for the first time."""

    path: Path
    modules: ModulesOfZip
    """The Python files."""
    names: list[str]
    """Names of all files."""
    manifest: dict[str, Any]
    """The manifest.json of `subpack build`; empty if there is none."""
    _parsed: dict[str, ast.Module | SyntaxError] = field(default_factory=dict)
    _known: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def parsed(self, name: str) -> ast.Module | SyntaxError:
        """Return a file, parsed for the server's version of Python, or the error of parsing it."""
        if name not in self._parsed:
            with open_zip(self.path) as archive:
                self._parse(archive, name)
        return self._parsed[name]

    def _parse(self, archive: ZipFile, name: str) -> ast.Module | SyntaxError:
        if name not in self._parsed:
            self._parsed[name] = parsed(read_entry(archive, name, LONGEST_SOURCE))
        return self._parsed[name]

    def tree(self, name: str) -> ast.Module:
        """Return a file that parses; an empty module for any other."""
        tree = self.parsed(name)
        return tree if isinstance(tree, ast.Module) else ast.Module([], [])

    def known(self, name: str) -> Mapping[str, Any]:
        """Return the values of the constants of a file, ``__name__`` among them."""
        if name not in self._known:
            self._known[name] = constants(self.tree(name), name)
        return self._known[name]

    def _require_entry(self) -> None:
        if ENTRY in self.modules.names:
            return
        if ENTRY in self.names:
            raise CannotCheck(f"{ENTRY} is a link, or has more than {LONGEST_SOURCE:,} bytes; its code is not read")
        raise CannotCheck(f"{ENTRY} does not lie at the root")

    @property
    def entry(self) -> ast.Module:
        """The parsed submission.py at the root.

        Raises
        ------
        CannotCheck
            If it is missing or does not parse.
        """
        self._require_entry()
        tree = self.parsed(ENTRY)
        if isinstance(tree, SyntaxError):
            raise CannotCheck(f"{ENTRY} does not parse")
        return tree

    @cached_property
    def own_modules(self) -> frozenset[str]:
        """Top-level names under which the code may import files of the zip, whatever it adds to ``sys.path``."""
        files = [name for name in self.names if name.endswith(_IMPORTABLE) and not is_apple_double(name)]
        return frozenset(part.partition(".")[0] for name in files for part in name.split("/"))

    def lacks_module(self, module: str) -> bool:
        """Whether a module is neither on the server nor in the zip."""
        top = module.partition(".")[0]
        return top not in server_modules() and top not in self.own_modules

    @cached_property
    def reachable(self) -> Reachable:
        """The code that the server executes.

        Raises
        ------
        CannotCheck
            If submission.py does not lie at the root.
        """
        self._require_entry()
        modules, classes = named_in_manifest(self.manifest)
        with open_zip(self.path) as archive:
            reachable = Reachable(
                self.modules, partial(self._parse, archive), self.lacks_module, packaged=bool(modules)
            )
            reachable.read(ENTRY, modules, classes)
        return reachable

    @cached_property
    def executed(self) -> dict[str, list[tuple[ast.AST, Context]]]:
        """The nodes of each file that the server executes, with their contexts.

        Raises
        ------
        CannotCheck
            If submission.py is missing or does not parse.
        """
        _ = self.entry
        return {name: list(nodes.values()) for name, nodes in self.reachable.nodes.items()}

    @cached_property
    def uses(self) -> list[Use]:
        """The uses of names of the server's packages in the executed code.

        Raises
        ------
        CannotCheck
            If submission.py is missing or does not parse.
        """
        trees = {name: self.tree(name) for name in self.executed}
        return list(uses_of_server_names(self.executed, trees, self.own_modules))

    @cached_property
    def read(self) -> dict[str, list[ast.AST]]:
        """All nodes of the files that the server executes, also those of functions that nothing calls.

        Raises
        ------
        CannotCheck
            If submission.py is missing or does not parse.
        """
        return {name: list(_not_excluded(self.tree(name), self.known(name))) for name in self.executed}

    def unparsed(self) -> Iterator[tuple[str, str, bool]]:
        """Yield the executed files that do not parse: place, message, and whether the server certainly fails there.

        Raises
        ------
        CannotCheck
            If submission.py does not lie at the root.
        """
        for name, context in self.reachable.files.items():
            tree = self.parsed(name)
            if isinstance(tree, SyntaxError):
                message = f"The file does not parse under Python 3.10: {tree.msg}"
                certain = context.level is Level.CERTAIN and SYNTAX not in context.caught
                yield f"{name}:{tree.lineno or 1}", message, certain

    @cached_property
    def made_modules(self) -> tuple[object, ...]:
        """Keys that the executed code assigns in ``sys.modules``; an object that is no string for an unknown key.

        Raises
        ------
        CannotCheck
            If submission.py is missing or does not parse.
        """
        return tuple(
            evaluated(key, self.known(name)) if isinstance(key, ast.expr) else key
            for name, nodes in self.executed.items()
            for node, _ in nodes
            for key in _keys_in_sys_modules(node)
        )

    def walk(self) -> Iterator[tuple[str, ast.AST]]:
        """Yield the nodes of :attr:`read`, with the name of the file."""
        for name, nodes in self.read.items():
            for node in nodes:
                yield name, node


def _keys_in_sys_modules(node: ast.AST) -> Iterator[object]:
    """Yield the keys that a node assigns in ``sys.modules``: expressions, or UNKNOWN."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and dotted_name(node.value) == "sys.modules":
        yield node.slice
    elif isinstance(node, ast.Call) and dotted_name(node.func) == "sys.modules.setdefault" and node.args:
        yield node.args[0]
    elif isinstance(node, ast.Call) and dotted_name(node.func) == "sys.modules.update":
        yield UNKNOWN


def _not_excluded(tree: ast.Module, known: Mapping[str, Any]) -> Iterator[ast.AST]:
    """Yield the nodes of a module but those under conditions that never hold, such as TYPE_CHECKING."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and (holds := decided(node.test, known)) is not None:
            pending += [node.test, *(node.body if holds else node.orelse)]
        else:
            pending += ast.iter_child_nodes(node)
