"""The code of a zip that the server executes, read from submission.py on through imports and calls.

A module is executed if executed code imports it, a function or class if executed code reads its name. Code under
``if __name__ == "__main__"`` or ``TYPE_CHECKING``, after a ``return``, and in functions whose names nothing reads is
not executed.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from submission_builder.checks.conditions import dotted_name, evaluated
from submission_builder.checks.context import Context, Level
from submission_builder.checks.statements import Scope, Source
from submission_builder.protocol.entry_point import SUBMISSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from submission_builder.checks.modules_of_zip import ModulesOfZip

    Function = ast.FunctionDef | ast.AsyncFunctionDef
    Parsed = Callable[[str], ast.Module | SyntaxError]

_ALWAYS = Context(Level.CERTAIN, Level.CERTAIN)
_CALLED_BY_SERVER = {*SUBMISSION.getters, "eval", SUBMISSION.predict_method}
_MADE_WITH_CLASS = {"__new__", "__init__", "__post_init__"}
_LOOKS_UP = {"getattr", "operator.attrgetter", "operator.methodcaller", "globals", "locals", "vars", "eval", "exec"}
_IMPORTS = {"import_module", "__import__"}
_LOADS = {"spec_from_file_location", "SourceFileLoader", "run_path", "run_module"}
_PLAIN_DECORATORS = {
    *("staticmethod", "classmethod", "property", "cached_property", "setter", "abstractmethod", "override", "final"),
    *("overload", "wraps", "cache", "lru_cache", "contextmanager", "dataclass", "total_ordering", "singledispatch"),
    *("no_grad", "inference_mode", "enable_grad", "script", "export", "ignore", "unused", "compile", "autocast"),
}


@dataclass
class _Definition:
    """A function, whose body is executed if its name is read."""

    node: Function
    context: Context
    """Of the statement ``def``."""
    owner: ast.ClassDef | None
    """The class of a method."""
    scope: Scope
    """The scope of the body."""
    level: Level = Level.NEVER
    at_import: Level = Level.NEVER


class Reachable:
    """What the server executes.

    Parameters
    ----------
    modules
        The Python files of the zip.
    parsed
        Returns the tree of a file, or the error of parsing it.
    missing
        Whether neither the server nor the zip has a module.
    packaged
        Whether submission.py makes a package of the files at the root, as that of ``subpack build`` does.
    """

    def __init__(
        self, modules: ModulesOfZip, parsed: Parsed, missing: Callable[[str], bool], *, packaged: bool = False
    ) -> None:
        self.modules, self.parsed, self.missing, self.packaged = modules, parsed, missing, packaged
        self.files: dict[str, Context] = {}
        """Every file that is executed, also one that does not parse."""
        self.nodes: dict[str, dict[int, tuple[ast.AST, Context]]] = {}
        """Every executed node of each file that parses, with its context, by its ``id``."""
        self._sources: dict[str, Source] = {}
        self._definitions: dict[int, _Definition] = {}
        self._used: dict[str, Level] = defaultdict(lambda: Level.NEVER)
        self._used_members: dict[str, Level] = defaultdict(lambda: Level.NEVER)
        self._called_at_import: dict[tuple[str, str], Level] = defaultdict(lambda: Level.NEVER)
        self._strings: set[str] = set()
        self._looks_up_names = self._loads_any_file = False

    def read(self, entry: str, modules: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        """Read what the server executes.

        Parameters
        ----------
        entry
            The file that the server imports.
        modules
            Names of modules of the zip that are loaded in another way than by an import statement.
        names
            Names of classes in them.
        """
        self._used.update(dict.fromkeys((SUBMISSION.class_name, *names), Level.CERTAIN))
        self._file(entry, _ALWAYS)
        loaded = [file for module in modules for file in self.modules.loaded(entry, module)]
        for file in loaded:
            self._file(file, _ALWAYS)
        self._follow()
        if self._loads_any_file and not loaded:
            for file in sorted(self.modules.names):
                self._file(file, _ALWAYS.at_most(Level.MAYBE))
            self._follow()

    def record(self, source: Source, node: ast.AST, context: Context) -> None:
        """Note that a node is executed."""
        nodes = self.nodes[source.name]
        seen = nodes.get(id(node))
        nodes[id(node)] = (node, context if seen is None else seen[1].joined(context))

    def define(self, node: Function, context: Context, owner: ast.ClassDef | None, scope: Scope) -> None:
        """Note a function, or the method of a class; its body is read if its name is."""
        seen = self._definitions.setdefault(id(node), _Definition(node, context, owner, scope))
        seen.context = seen.context.joined(context)

    def use(self, scope: Scope, node: ast.AST, context: Context) -> None:
        """Note the names that a node reads, and the modules that it loads."""
        source = scope.source
        match node:
            case ast.Name(ctx=ast.Load()) if node.id not in scope.local:
                self._read(node.id, context)
            case ast.Attribute():
                self._read_attribute(scope, node, context)
            case ast.Call():
                self._call(source, node, context)
            case ast.Constant(value=str() as text) if text.isidentifier():
                self._strings.add(text)
            case ast.Import():
                for alias in node.names:
                    self._import(source, alias.name, 0, context)
            case ast.ImportFrom():
                module = node.module or ""
                for alias in node.names:
                    self._import(source, f"{module}.{alias.name}".strip("."), node.level, context)
                    if alias.asname:
                        self._read(alias.name, context)

    def _read(self, name: str, context: Context) -> None:
        self._used[name] = max(self._used[name], context.called)

    def _read_attribute(self, scope: Scope, node: ast.Attribute, context: Context) -> None:
        """Note that an attribute is read: of a module a function or a class, of any other object a method."""
        root = dotted_name(node).partition(".")[0]
        if root not in scope.source.imported or root in scope.local:
            self._used_members[node.attr] = max(self._used_members[node.attr], context.called)
            context = context.at_most(Level.MAYBE)  # the object may be a module
        self._read(node.attr, context)

    def _call(self, source: Source, call: ast.Call, context: Context) -> None:
        dotted = dotted_name(call.func)
        name = dotted.rpartition(".")[2]
        arguments = [evaluated(argument, source.known) for argument in call.args]
        if dotted == name:
            key = source.name, name
            self._called_at_import[key] = max(self._called_at_import[key], context.at_import)
        if name in _IMPORTS and arguments and isinstance(arguments[0], str):
            module = arguments[0].lstrip(".")
            self._import(source, module, len(arguments[0]) - len(module), context)
        elif name in _IMPORTS | _LOADS or dotted == "exec":
            self._loads_any_file = True
        if dotted in _LOOKS_UP:
            texts = [argument for argument in arguments if isinstance(argument, str)]
            for text in texts:
                self._read(text, context)
            self._looks_up_names |= not texts

    def _import(self, source: Source, module: str, level: int, context: Context) -> None:
        for file in self.modules.loaded(source.name, module, level):
            self._file(file, context)

    def _file(self, name: str, context: Context) -> None:
        """Read the top level of a file."""
        seen = self.files.get(name)
        context = context if seen is None else seen.joined(context)
        if context == seen:
            return
        self.files[name] = context
        tree = self.parsed(name)
        if isinstance(tree, ast.Module):
            self.nodes.setdefault(name, {})
            if name not in self._sources:
                self._sources[name] = Source.of(name, tree)
            Scope(self, self._sources[name]).block(tree.body, context)

    def _follow(self) -> None:
        """Read the bodies of functions until no more names are read."""
        changed = True
        while changed:
            changed = False
            for definition in list(self._definitions.values()):
                level, at_import = self._levels(definition)
                if level > definition.level or at_import > definition.at_import:
                    definition.level, definition.at_import, changed = level, at_import, True
                    context = definition.context._replace(level=level, at_import=at_import)
                    definition.scope.block(definition.node.body, context)

    def _levels(self, definition: _Definition) -> tuple[Level, Level]:
        """Return how certainly a function is executed, and likewise while submission.py is imported."""
        name, owner = definition.node.name, definition.owner
        called = definition.node if owner is None else owner if name in _MADE_WITH_CLASS else None
        at_import = self._called_at_import[definition.scope.source.name, called.name] if called else Level.NEVER
        level = self._level(definition.node, is_member=owner is not None)
        if owner is not None:
            if name in _CALLED_BY_SERVER:
                level = Level.CERTAIN
            level = min(level, self._level(owner, is_member=True))
        level = min(level, definition.context.level)
        return level, min(level, at_import)

    def _level(self, node: Function | ast.ClassDef, *, is_member: bool) -> Level:
        """Return how certainly executed code uses a function or a class."""
        name = node.name
        if name.startswith("__") and name.endswith("__"):
            return Level.CERTAIN
        registered = any(_decorator(one) not in _PLAIN_DECORATORS for one in node.decorator_list)
        looked_up = self._looks_up_names and name in self._strings
        used = max(self._used[name], self._used_members[name] if is_member else Level.NEVER)
        return max(used, Level.MAYBE if registered or looked_up else Level.NEVER)


def _decorator(node: ast.expr) -> str:
    return dotted_name(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]
