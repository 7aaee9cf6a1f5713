"""The statements of a scope, read in order: which of them are executed, and how certainly."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from submission_builder.checks.conditions import constants, decided
from submission_builder.checks.context import Context, Level
from submission_builder.checks.guards import (
    IMPORT,
    NAME,
    caught,
    caught_by,
    ends_process,
    only_imports,
    suppressed,
    tests_name,
)
from submission_builder.server.api.index import apis_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from submission_builder.checks.reachable import Reachable


class _End(IntEnum):
    """How a block ends."""

    FALLS = 0
    """With its last statement."""
    MAY_LEAVE = 1
    """Perhaps before, by return, break or continue."""
    LEAVES = 2
    RAISES = 3
    """By an exception, or with the process."""


@dataclass(frozen=True)
class Source:
    """A Python file of the zip."""

    name: str
    known: Mapping[str, Any]
    """Values of its constants."""
    lazy: bool
    """Whether annotations are not evaluated."""
    imported: frozenset[str]
    """Names that import statements bind."""

    @classmethod
    def of(cls, name: str, tree: ast.Module) -> Source:
        """Describe a file."""
        futures = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
        lazy = any(alias.name == "annotations" for node in futures for alias in node.names)
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        imported = {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
        return cls(name, constants(tree, name), lazy, frozenset(imported))


@dataclass(frozen=True)
class Scope:
    """Reads the statements of a module, a class or a function."""

    reachable: Reachable
    source: Source
    owner: ast.ClassDef | None = None
    """The class whose body this is."""
    in_function: bool = False
    local: frozenset[str] = frozenset()
    """Variables of the function and of those around it."""

    def block(self, statements: Sequence[ast.stmt], context: Context) -> _End:
        """Read statements in order, up to one that leaves the block."""
        end = _End.FALLS
        for statement in statements:
            if end >= _End.LEAVES or context.level is Level.NEVER:
                break
            this = self._statement(statement, context)
            if this is _End.MAY_LEAVE:
                context = context.at_most(Level.MAYBE)
            end = max(end, this)
        return end

    def _statement(self, node: ast.stmt, context: Context) -> _End:  # noqa: PLR0911 - one line for each kind
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._function(node, context)
            case ast.ClassDef():
                self._parts(node, context, [*node.decorator_list, *node.bases, *node.keywords])
                replace(self, owner=node, in_function=False).block(node.body, context)
            case ast.If():
                return self._if(node, context)
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, context)
            case ast.With() | ast.AsyncWith():
                self._parts(node, context, node.items)
                kinds = suppressed(node)
                end = self.block(node.body, context.catching(kinds))
                return min(end, _End.MAY_LEAVE) if kinds else end
            case ast.Try() | ast.TryStar():
                return self._try(node, context)
            case ast.Match():
                self._parts(node, context, [node.subject])
                ends = [self.block(case.body, context.at_most(Level.MAYBE)) for case in node.cases]
                return min(_End.MAY_LEAVE, max(ends))
            case ast.AnnAssign() if self.in_function or self.source.lazy:
                self._parts(node, context, [node.target, *([node.value] if node.value else [])])
            case _:
                self._expression(node, context)
                if ends_process(node):
                    return _End.RAISES
                return _End.LEAVES if isinstance(node, ast.Return | ast.Break | ast.Continue) else _End.FALLS
        return _End.FALLS

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, context: Context) -> _End:
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        annotations = [one.annotation for one in named if one] + [node.returns]
        defaults = [*arguments.defaults, *arguments.kw_defaults]
        evaluated = [*node.decorator_list, *defaults, *([] if self.source.lazy else annotations)]
        self._parts(node, context, [one for one in evaluated if one is not None])
        local = self.local | _variables(node)
        self.reachable.define(node, context, self.owner, replace(self, owner=None, in_function=True, local=local))
        return _End.FALLS

    def _if(self, node: ast.If, context: Context) -> _End:
        ends = set()
        branch: ast.If | None = node
        while branch is not None:  # a loop, since there may be many branches
            self._parts(branch, context, [branch.test])
            holds = decided(branch.test, self.source.known)
            if holds is None:
                context = _undecided(branch.test, context)
            if holds is not False:
                ends.add(self.block(branch.body, context))
            if holds is True:
                break
            following = branch.orelse[0] if len(branch.orelse) == 1 else None
            if not isinstance(following, ast.If):
                ends.add(self.block(branch.orelse, context))
                following = None
            branch = following
        if min(ends) >= _End.LEAVES or len(ends) == 1:
            return min(ends)
        return _End.MAY_LEAVE if ends & {_End.MAY_LEAVE, _End.LEAVES} else _End.FALLS

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, context: Context) -> _End:
        self._parts(node, context, [node.test] if isinstance(node, ast.While) else [node.target, node.iter])
        self.block(node.body, context)
        self.block(node.orelse, context)
        returns = any(isinstance(inner, ast.Return) for statement in node.body for inner in ast.walk(statement))
        return _End.MAY_LEAVE if returns else _End.FALLS

    def _try(self, node: ast.Try | ast.TryStar, context: Context) -> _End:
        self.reachable.record(self.source, node, context)
        succeeds = self._imports_succeed(node.body)
        ends = [self.block(node.body, context.catching(caught_by(node.handlers)))]
        handled = []
        for handler in node.handlers:
            self._parts(handler, context.at_most(Level.MAYBE), [handler.type] if handler.type else [])
            handled.append(self.block(handler.body, _handling(handler, context, succeeds=succeeds)))
        ends.append(self.block(node.orelse, context.at_most(Level.MAYBE) if succeeds is False else context))
        if succeeds is False and handled:
            ends = handled
        elif max(ends) >= _End.LEAVES and handled and min(handled) < _End.LEAVES:
            ends = [_End.MAY_LEAVE]
        return max(*ends, self.block(node.finalbody, context))

    def _imports_succeed(self, body: Sequence[ast.stmt]) -> bool | None:
        """Return whether the imports of a block succeed on the server; None if static analysis cannot determine it."""
        imports = [dotted for statement in body for node in ast.walk(statement) for dotted in imported_names(node)]
        if any(self.reachable.missing(dotted) or _lacking(dotted, all) for dotted in imports):
            return False
        own = any(any(self.reachable.modules.loaded(self.source.name, dotted)) for dotted in imports)
        relative = any(isinstance(node, ast.ImportFrom) and node.level for one in body for node in ast.walk(one))
        if relative and "/" not in self.source.name and not self.reachable.packaged:
            return False
        return None if own or relative or not imports or any(_lacking(dotted, any) for dotted in imports) else True

    def _parts(self, node: ast.AST, context: Context, parts: Iterable[ast.AST]) -> None:
        """Read a statement of which only some expressions are executed at once."""
        self.reachable.record(self.source, node, context)
        for part in parts:
            self._expression(part, context)

    def _expression(self, node: ast.AST, context: Context) -> None:
        """Read all of a node; a loop, since expressions may be nested deeply."""
        pending = [(node, context)]
        while pending:
            node, context = pending.pop()
            self.reachable.record(self.source, node, context)
            if isinstance(node, ast.IfExp):
                pending += [(node.test, context), *self._chosen(node, context)]
            elif isinstance(node, ast.BoolOp):
                pending += self._operands(node, context)
            else:
                self.reachable.use(self, node, context)
                pending += [(child, context) for child in ast.iter_child_nodes(node)]

    def _chosen(self, node: ast.IfExp, context: Context) -> list[tuple[ast.expr, Context]]:
        holds = decided(node.test, self.source.known)
        if holds is not None:
            return [(node.body if holds else node.orelse, context)]
        inner = _undecided(node.test, context)
        return [(node.body, inner), (node.orelse, inner)]

    def _operands(self, node: ast.BoolOp, context: Context) -> list[tuple[ast.expr, Context]]:
        """Return the operands of ``and`` or ``or`` up to the one that decides."""
        found = []
        for operand in node.values:
            found.append((operand, context))
            holds = decided(operand, self.source.known)
            if holds is None:
                context = _undecided(node, context)
            elif holds is isinstance(node.op, ast.Or):
                break
        return found


def imported_names(node: ast.AST) -> list[str]:
    """Return the dotted names that an absolute import binds."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [f"{node.module}.{alias.name}".removesuffix(".*") for alias in node.names]
    return []


def _variables(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the parameters of a function and the names that it assigns; functions inside of it count as part of it."""
    bound, others = set(), set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.Global):
            others |= set(node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            others.add(node.name)
    return bound - others


def _handling(handler: ast.ExceptHandler, context: Context, *, succeeds: bool | None) -> Context:
    """Return the context of a handler: certain if an import before it fails, never if none does."""
    kinds = caught([handler.type])
    if IMPORT in kinds and succeeds is not None:
        if not succeeds:
            return context
        if only_imports(handler):
            return context.at_most(Level.NEVER)
    return context.at_most(Level.MAYBE)


def _undecided(test: ast.expr, context: Context) -> Context:
    """Return the context of code after a condition that static analysis cannot determine."""
    return context.at_most(Level.MAYBE).catching([NAME] if tests_name(test) else [])


def _lacking(dotted: str, which: Callable[[Iterable[bool]], bool]) -> bool:
    """Whether all or any of the versions that the server may have lack a name."""
    apis = apis_of(dotted)
    return bool(apis) and which(api.lacks(dotted) for api in apis)
