"""Uses of names that a library deprecated or removed (`mldebt.symbol_tables`), by qualified name and type."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Const, Expr, Import, Ref, Seq
from mldebt.finding import Edit
from mldebt.plain_facts import keyword_argument
from mldebt.project.qualify import qualified
from mldebt.project.walk import walk
from mldebt.source import Span
from mldebt.symbol_tables import SymbolRow, SymbolTable, symbol_table, tabled_modules

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts
    from mldebt.project.syntax import Syntax

_EXPECTED = frozenset(
    "ImportError ModuleNotFoundError AttributeError TypeError Exception BaseException ValueError NameError".split()
)
_TOLD = ("version", "hasattr", "VERSION", "PY2", "PY3", "getattr")


class SymbolUse(NamedTuple):
    """A use of a name: the table's key and row, its place and block, and the edit that renames it, if one does."""

    table: SymbolTable
    symbol: str
    row: SymbolRow
    span: Span
    block: int
    edit: Edit | None


def symbol_uses(project: Project, source: SourceFacts) -> Iterator[SymbolUse]:
    """The uses in a source that nothing guards, in no particular order; the same place once."""
    header = source.facts.header
    roots = {module.partition(".")[0] for module in header.modules} & tabled_modules()
    for root in sorted(roots):
        table = symbol_table(root)
        if table is None or project.names.is_inside(source, root):
            continue
        finder = _Finder(project, source, table)
        patched = {qualified(source, store.target) for store in source.facts.stores if store.operator == "="}
        for use in (*finder.imported(), *finder.named(), *finder.called(), *finder.attributes()):
            if root == "tensorflow" and "keras" in roots and use.symbol.startswith("keras."):
                continue  # the models are those of Keras itself
            if use.symbol not in patched and not _is_guarded(source, use.block):
                yield use


class _Finder:
    def __init__(self, project: Project, source: SourceFacts, table: SymbolTable) -> None:
        self._project = project
        self._source = source
        self._table = table

    def _syntax(self) -> Syntax | None:
        return self._project.syntax(self._source)

    # --- imports ---

    def imported(self) -> Iterator[SymbolUse]:
        """`from library import name`, `import library.name`."""
        for fact in self._source.facts.imports:
            symbol = self._table.under(f"{fact.module}.{fact.name}" if fact.name else fact.module)
            if symbol:
                row = self._table.names[symbol]
                edit = self._import_edit(fact, symbol, row) if row.rename else None
                yield SymbolUse(self._table, symbol, row, fact.span, fact.block, edit)

    def _import_edit(self, fact: Import, symbol: str, row: SymbolRow) -> Edit | None:
        """The import under the new name, bound to the name that it had."""
        syntax = self._syntax()
        if syntax is None or not fact.name or symbol != f"{fact.module}.{fact.name}":
            return None
        for node in ast.walk(syntax.tree):
            if not isinstance(node, ast.ImportFrom) or node.lineno > fact.span.line or not node.end_lineno:
                continue
            if node.end_lineno < fact.span.line or node.module != fact.module:
                continue
            alias = next((a for a in node.names if a.name == fact.name), None)
            module, _, name = row.use.rpartition(".")
            if alias is None or (module != fact.module and len(node.names) > 1):
                return None
            if module.rpartition(".")[2][:1].isupper():
                return None  # a method of a class cannot be imported
            bound = alias.asname or alias.name
            written = name if name == bound else f"{name} as {bound}"
            if module == fact.module:
                return syntax.edit(syntax.span(alias), written)
            text = f"from {module} import {written}" if module else f"import {written}"
            return syntax.edit(syntax.span(node), text) if row.use != "" and not _is_builtin(row.use) else None
        return None

    # --- names ---

    def named(self) -> Iterator[SymbolUse]:
        """Chains that start at an imported module: `np.float`."""
        wanted = {name for name in self._source.facts.header.names if self._table.under(name)}
        if not wanted:
            return
        aliases = _module_aliases(self._source)
        syntax = self._syntax()
        for written, node in syntax.chains() if syntax is not None else ():
            first, dot, rest = written.partition(".")
            if not dot or first not in aliases:
                continue
            for module in aliases[first]:
                name = f"{module}.{rest}"
                symbol = self._table.under(name)
                if symbol and name in wanted and len(symbol) > len(module):
                    row = self._table.names[symbol]
                    span, edit = self._chain_edit(syntax, node, symbol, name, module, first)  # type: ignore[arg-type]
                    yield SymbolUse(self._table, symbol, row, span, _block_at(self._source, span), edit)
                    break

    def _chain_edit(
        self, syntax: Syntax, node: ast.Name | ast.Attribute, symbol: str, name: str, module: str, alias: str
    ) -> tuple[Span, Edit | None]:
        """The place of the symbol in a chain, and the edit that renames it there."""
        inner: ast.expr = node
        for _ in range(name.count(".") - symbol.count(".")):
            inner = inner.value if isinstance(inner, ast.Attribute) else inner
        span = syntax.span(inner)
        row = self._table.names[symbol]
        if not row.rename:
            return span, None
        if row.use.startswith(f"{module}."):
            return span, syntax.edit(span, alias + row.use[len(module) :])
        if _is_builtin(row.use) and not self._binds(row.use):
            return span, syntax.edit(span, row.use)
        return span, None

    def _binds(self, name: str) -> bool:
        return any(binding.name == name for binding in self._source.facts.bindings)

    # --- methods and arguments ---

    def called(self) -> Iterator[SymbolUse]:
        """Methods of objects whose type is known, and arguments of functions and methods."""
        methods = {key.rpartition(".")[2] for key in self._table.methods}
        functions: dict[str, list[str]] = {}
        for key in self._table.arguments:
            function, _, argument = key[:-1].partition("(")
            functions.setdefault(function, []).append(argument)
        lasts = {function.rpartition(".")[2] for function in functions}
        header = self._source.facts.header
        if not (methods & set(header.methods)) and not (
            lasts & ({*header.methods} | {name.rpartition(".")[2] for name in header.names})
        ):
            return
        for call in self._source.facts.calls:
            last = call.func.name if isinstance(call.func, Attr) else call.name.rpartition(".")[2]
            if last not in methods and last not in lasts:
                continue
            name = call.name
            if not name and isinstance(call.func, Attr):
                receiver = self._type(call.func.base)
                name = f"{receiver}.{last}" if receiver else ""
            if not call.name and name in self._table.methods:
                row = self._table.methods[name]
                edit = self._method_edit(call.span, row.use) if row.rename else None
                yield SymbolUse(self._table, name, row, call.span, call.block, edit)
            for argument in functions.get(name, ()):
                keyword, _, value = argument.partition("=")
                given = keyword_argument(call, keyword)
                if given is None or (value and given != Const(value)):
                    continue
                symbol = f"{name}({argument})"
                row = self._table.arguments[symbol]
                edit = self._argument_edit(call.span, keyword, value, row.use) if row.rename else None
                yield SymbolUse(self._table, symbol, row, call.span, call.block, edit)

    def attributes(self) -> Iterator[SymbolUse]:
        """Attributes that are indexed rather than called: `df.ix[rows]`."""
        facts = self._source.facts
        if "pandas.DataFrame.ix" not in self._table.methods or "ix" not in facts.words:
            return
        places = [(use.expr, use.span, use.block) for use in facts.uses]
        places += [(store.target, store.span, store.block) for store in facts.stores]
        for expr, span, block in places:
            for part in walk(expr):
                if isinstance(part, Attr) and part.name == "ix":
                    symbol = f"{self._type(part.base)}.ix"
                    if symbol in self._table.methods:
                        yield SymbolUse(self._table, symbol, self._table.methods[symbol], span, block, None)

    def _type(self, expr: Expr) -> str:
        """The type of an expression; of a name that several bindings reach, that of those which are known."""
        found = self._project.type_of(self._source, expr)
        if found or not isinstance(expr, Ref):
            return found
        types = {
            self._project.type_of(self._source, Ref(expr.name, (index,))) for index in expr.bindings if index >= 0
        } - {""}
        own = [self._source.facts.bindings[index] for index in expr.bindings if index >= 0]
        grows = any(b.value is not None and _calls_itself(self._source, b.name, b.value) for b in own)
        return types.pop() if len(types) == 1 and grows else ""

    def _method_edit(self, span: Span, new: str) -> Edit | None:
        syntax = self._syntax()
        node = syntax.node(span, ast.Call) if syntax is not None else None
        if syntax is None or node is None or not isinstance(node.func, ast.Attribute):
            return None
        whole = syntax.span(node.func)
        old = len(node.func.attr)
        return syntax.edit(Span(whole.end_line, whole.end_column - old, whole.end_line, whole.end_column), new)

    def _argument_edit(self, span: Span, keyword: str, value: str, new: str) -> Edit | None:
        syntax = self._syntax()
        node = syntax.node(span, ast.Call) if syntax is not None else None
        found = next((k for k in node.keywords if k.arg == keyword), None) if node is not None else None
        if syntax is None or node is None or found is None or any(k.arg == new for k in node.keywords):
            return None
        if value:
            quote = syntax.text_of(found.value)[:1]
            return syntax.edit(syntax.span(found.value), f"{quote}{new}{quote}") if quote in "'\"" else None
        start = syntax.span(found)
        return syntax.edit(Span(start.line, start.column, start.line, start.column + len(keyword)), new)


def _calls_itself(source: SourceFacts, name: str, value: Expr) -> bool:
    """Whether a value is made from the name that it is bound to: `df = df.append(row)`."""
    if not isinstance(value, Called):
        return False
    func = source.facts.calls[value.call].func
    return isinstance(func, Attr) and isinstance(func.base, Ref) and func.base.name == name


def _module_aliases(source: SourceFacts) -> dict[str, set[str]]:
    """The modules and classes that names stand for which nothing but imports binds."""
    found: dict[str, set[str]] = {}
    for fact in source.facts.imports:
        if fact.name and fact.name != "*":
            found.setdefault(fact.alias, set()).add(f"{fact.module}.{fact.name}")
        elif not fact.name:
            is_top = fact.alias == fact.module.partition(".")[0]
            found.setdefault(fact.alias, set()).add(fact.alias if is_top else fact.module)
    for binding in source.facts.bindings:
        if binding.kind != "import":
            found.pop(binding.name, None)
    return found


def _is_builtin(name: str) -> bool:
    import builtins

    return hasattr(builtins, name)


def _block_at(source: SourceFacts, span: Span) -> int:
    """The innermost block around a place."""
    best = 0
    for index, block in enumerate(source.facts.blocks):
        inside = (block.span.line, block.span.column) <= (span.line, span.column) and (
            span.end_line, span.end_column) <= (block.span.end_line, block.span.end_column)  # fmt: skip
        if inside:
            best = index
    return best


def _is_guarded(source: SourceFacts, block: int) -> bool:
    """Whether a place is tried, or chosen by a test for the library's version or for the name itself."""
    blocks = source.facts.blocks
    for index in source.ancestors(block):
        kind = blocks[index].kind
        if kind == "except" and _expects(source, index):
            return True
        if kind == "try" and any(
            b.kind == "except" and b.partner == index and _expects(source, i) for i, b in enumerate(blocks)
        ):
            return True
        if kind in ("if", "else", "ternary") and _asks(source, blocks[index].test):
            return True
    return False


def _expects(source: SourceFacts, handler: int) -> bool:
    caught = source.facts.blocks[handler].test
    if caught is None:
        return True
    items = caught.items if isinstance(caught, Seq) else (caught,)
    return any(isinstance(item, Ref) and item.name in _EXPECTED for item in items)


def _asks(source: SourceFacts, test: Expr | None) -> bool:
    for part in walk(test):
        if isinstance(part, Attr | Ref) and any(word in part.name for word in _TOLD):
            return True
        if isinstance(part, Called):
            call = source.facts.calls[part.call]
            if any(word in repr((call.name, call.func, call.args)) for word in _TOLD):
                return True
    return False
