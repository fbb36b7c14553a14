"""What Python code and notebooks state: blocks, bindings, calls, definitions, comments, cells."""

from __future__ import annotations

import typing

from mldebt.facts.expressions import Expr, Fact
from mldebt.source import Span

BlockKind = typing.Literal[
    "module", "cell", "class", "function", "lambda", "comprehension", "if", "else", "for", "while", "loop-else",
    "try", "except", "try-else", "finally", "with", "match", "case", "ternary",
]  # fmt: skip
HandlerShape = typing.Literal["", "pass", "continue", "break", "return", "raise", "log", "other"]

BindingKind = typing.Literal[
    "assign", "augmented", "annotated", "for", "with", "except", "import", "parameter", "function", "class",
    "walrus", "global", "delete", "case",
]  # fmt: skip

ParamKind = typing.Literal["positional-only", "positional", "keyword", "*", "**"]


class Block(Fact, frozen=True):
    """A suite of statements: the tree of blocks gives scopes, guards, loops and handlers.

    `kind` is one of module, cell, class, function, lambda, comprehension, if, else, for, while, loop-else,
    try, except, try-else, finally, with, match, case, ternary. Block 0 is the module.

    `test` is the condition (if, else, while, ternary, case: subject), the iterated value (for) or the caught
    type (except); an `else` block repeats the test of the `if` it answers, whose index is `partner`. An
    `elif` is an `if` block inside an `else` block. `size` counts the statements in the suite, nested ones
    included. `shape` says what a handler does: pass, continue, break, return, raise, log or other.
    """

    kind: BlockKind
    parent: int
    span: Span
    test: Expr | None = None
    size: int = 0
    partner: int = -1
    shape: HandlerShape = ""


class Binding(Fact, frozen=True):
    """A name receives a value.

    `kind` is one of assign, augmented, annotated, for, with, except, import, parameter, function, class,
    walrus, global, delete, case. `path` tells which part of `value` is bound when it is unpacked: `(0, 1)`
    is the second item of the first item; `value` of a `for` is the iterated expression, of a `with` the
    context manager, of an import None, of a function or class None (see `index`). `index` points into
    `Facts.imports`, `functions` or `classes` for these kinds.
    """

    name: str
    kind: BindingKind
    block: int
    span: Span
    value: Expr | None = None
    path: tuple[int, ...] = ()
    annotation: str = ""
    index: int = -1


class Import(Fact, frozen=True):
    """`import module as alias` (name empty) or `from module import name as alias`; `*` is a name too.

    `module` keeps the leading dots of a relative import. `alias` is the name bound: for `import a.b`, `a`.
    """

    module: str
    name: str
    alias: str
    block: int
    span: Span


class Keyword(Fact, frozen=True):
    """A keyword argument; `**other` has an empty name."""

    name: str
    value: Expr


class Call(Fact, frozen=True):
    """A call.

    `name` is the qualified name as far as this file knows it: through imports (`pandas.read_csv`,
    `.utils.load` for a relative import), of a definition of this file (`:load`, `:Trainer.fit`),
    of a builtin (`open`), or empty. `bare` says that the result is thrown away (an expression statement).
    """

    name: str
    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    block: int
    span: Span
    bare: bool = False


class Store(Fact, frozen=True):
    """An assignment to an attribute or an item: `self.x = 1`, `df["a"] += 2`, `del cfg["b"]`.

    `operator` is `=`, `del` or the augmented operator as written. `path` as in Binding.
    """

    target: Expr
    operator: str
    value: Expr
    block: int
    span: Span
    path: tuple[int, ...] = ()


class Return(Fact, frozen=True):
    """`return`, `yield` or `yield from` (kind) with its value."""

    kind: str
    value: Expr
    block: int
    span: Span


class Param(Fact, frozen=True):
    """A parameter. `kind` is positional-only, positional, keyword, `*` or `**`."""

    name: str
    kind: ParamKind
    default: Expr | None
    annotation: str
    binding: int


class Function(Fact, frozen=True):
    """A function definition. `qualname` is dotted inside the file; `block` is its body, `span` its name."""

    name: str
    qualname: str
    block: int
    span: Span
    params: tuple[Param, ...]
    decorators: tuple[Expr, ...]
    binding: int
    docstring: bool = False
    is_async: bool = False
    returns: str = ""


class Class(Fact, frozen=True):
    """A class definition. Its fields are the bindings of its block."""

    name: str
    qualname: str
    block: int
    span: Span
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expr, ...]
    binding: int
    docstring: bool = False


class Use(Fact, frozen=True):
    """A name or a chain of attributes and items that is read: `args`, `args.lr`, `cfg["a"]["b"]`.

    One entry for each different chain, scope and set of reaching bindings, with its first place. Chains
    whose root is an import or that are called are in `Facts.calls` instead (without the called name:
    `args.model.lower()` uses `args.model`). `passed` says that some use hands the whole value on (argument,
    return, assignment, display, operand), rather than only looking into it.
    """

    expr: Expr
    block: int
    span: Span
    passed: bool = False


class Condition(Fact, frozen=True):
    """A comparison outside a block's test, for rules on comparisons. `comparison` is a Compare."""

    comparison: Expr
    block: int
    span: Span


class Literal(Fact, frozen=True):
    """A string constant that looks like a path, an address, SQL or prose (docstrings are left out)."""

    value: str
    block: int
    span: Span


class Comment(Fact, frozen=True):
    """A comment, `#` included. `own_line` says that nothing else stands on its line."""

    text: str
    own_line: bool
    span: Span


class ParkedCode(Fact, frozen=True):
    """Consecutive comment lines that parse as code, or a string that does and is no docstring (`quoted`).

    `statements` counts them; `calls` names what they call, as written (`pd.read_csv`), sorted.
    """

    statements: int
    span: Span
    calls: tuple[str, ...] = ()
    quoted: bool = False


class Clone(Fact, frozen=True):
    """The fingerprints of a function of at least three lines of code.

    `function` is an index into `Facts.functions`. Two functions with the same `exact` have the same body but for
    comments, docstring and layout; with the same `blind` the same text but for names. `size` counts lines of
    code. Near copies are found by comparing the digests of their lines (`Facts.lines`).
    """

    function: int
    exact: int
    blind: int
    size: int


class Cell(Fact, frozen=True):
    """A notebook cell. `line` is its first line in the joined text (0: the cell has none there).

    `outputs` names the outputs' types, `error` the name of a stored exception, `error_message` its value.
    """

    index: int
    kind: str
    line: int
    lines: int
    execution_count: int | None = None
    identity: str = ""
    tags: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    output_bytes: int = 0
    error: str = ""
    error_message: str = ""


class Magic(Fact, frozen=True):
    """A notebook magic or shell escape, masked for the parser.

    `name` is `!`, `%time`, `%%bash`, …; `text` what follows it; `target` the name that receives the output.
    """

    name: str
    text: str
    target: str
    block: int
    span: Span
