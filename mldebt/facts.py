"""The vocabulary of facts: what one file states, decided from its bytes alone.

Facts are frozen, carry no path and refer to each other by index into the section that holds them
(`Called(3)` is the fourth entry of `Facts.calls`). Expressions stay symbolic: a name keeps the bindings
that reach it, a call its folded arguments, and what cannot be known is a `Hole` with its cause. Values
are worked out later, across files (`mldebt.values`).

Facts travel and rest as MessagePack: a header that is always decoded and one lazily decoded block of bytes
a section, so that a run pays only for the sections that its rules look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, overload

import msgspec

from mldebt.source import Span

# --- expressions ---------------------------------------------------------------------------------


class _Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The base of all facts: immutable, compact, invisible to the garbage collector."""


class Const(_Fact, frozen=True, tag=0):
    """A literal. Bytes, complex and huge numbers are holes."""

    value: None | bool | int | float | str


class Ref(_Fact, frozen=True, tag=1):
    """A name that is read, with the bindings of its own scope that can reach this place.

    No bindings: the name comes from an enclosing scope (see `Facts.blocks`), or is a builtin.
    """

    name: str
    bindings: tuple[int, ...] = ()


class Attr(_Fact, frozen=True, tag=2):
    """`base.name`."""

    base: Expr
    name: str


class Item(_Fact, frozen=True, tag=3):
    """`base[index]`; a slice is a Hole("slice") index, several indices a tuple."""

    base: Expr
    index: Expr


class Called(_Fact, frozen=True, tag=4):
    """The result of a call: an index into `Facts.calls`."""

    call: int


class Binary(_Fact, frozen=True, tag=5):
    """`left operator right` for an arithmetic or bit operator as written (`+`, `/`, `%`, …)."""

    operator: str
    left: Expr
    right: Expr


class Text(_Fact, frozen=True, tag=6):
    """An f-string: literal parts are Const, the others what stands in the braces."""

    parts: tuple[Expr, ...]


class Seq(_Fact, frozen=True, tag=7):
    """A list, tuple or set display. A Star item stands for an unknown number of items."""

    kind: str
    items: tuple[Expr, ...]


class Map(_Fact, frozen=True, tag=8):
    """A dict display. A `**other` entry has the key Hole("splat") and `other` as its value."""

    keys: tuple[Expr, ...]
    values: tuple[Expr, ...]


class Logic(_Fact, frozen=True, tag=9):
    """`and`, `or`, or `if` (items: value when true, value when false, test)."""

    operator: str
    items: tuple[Expr, ...]


class Compare(_Fact, frozen=True, tag=10):
    """A single comparison; chains are cut into a Logic("and")."""

    operator: str
    left: Expr
    right: Expr


class Unary(_Fact, frozen=True, tag=11):
    """`not x`, `-x`, `~x`, `+x`, and `await x`."""

    operator: str
    operand: Expr


class Each(_Fact, frozen=True, tag=12):
    """A comprehension: its element, one for each item of what the comprehension's bindings iterate over.

    For a dict comprehension the element is a two-item tuple. `kind` is list, set, dict or generator.
    """

    kind: str
    element: Expr


class Star(_Fact, frozen=True, tag=13):
    """`*x` in a display or an argument list."""

    operand: Expr


class Hole(_Fact, frozen=True, tag=14):
    """Something that is not kept, and why (`lambda`, `slice`, `depth`, `bytes`, `number`, …)."""

    cause: str


Expr = (
    Const | Ref | Attr | Item | Called | Binary | Text | Seq | Map | Logic | Compare | Unary | Each | Star | Hole
)

# --- Python and notebooks -------------------------------------------------------------------------


class Block(_Fact, frozen=True):
    """A suite of statements: the tree of blocks gives scopes, guards, loops and handlers.

    `kind` is one of module, cell, class, function, lambda, comprehension, if, else, for, while, loop-else,
    try, except, try-else, finally, with, match, case, ternary. Block 0 is the module.

    `test` is the condition (if, else, while, ternary, case: subject), the iterated value (for) or the caught
    type (except); an `else` block repeats the test of the `if` it answers, whose index is `partner`. An
    `elif` is an `if` block inside an `else` block. `size` counts the statements in the suite, nested ones
    included. `shape` says what a handler does: pass, continue, break, return, raise, log or other.
    """

    kind: str
    parent: int
    span: Span
    test: Expr | None = None
    size: int = 0
    partner: int = -1
    shape: str = ""


class Binding(_Fact, frozen=True):
    """A name receives a value.

    `kind` is one of assign, augmented, annotated, for, with, except, import, parameter, function, class,
    walrus, global, delete, case. `path` tells which part of `value` is bound when it is unpacked: `(0, 1)`
    is the second item of the first item; `value` of a `for` is the iterated expression, of a `with` the
    context manager, of an import None, of a function or class None (see `index`). `index` points into
    `Facts.imports`, `functions` or `classes` for these kinds.
    """

    name: str
    kind: str
    block: int
    span: Span
    value: Expr | None = None
    path: tuple[int, ...] = ()
    annotation: str = ""
    index: int = -1


class Import(_Fact, frozen=True):
    """`import module as alias` (name empty) or `from module import name as alias`; `*` is a name too.

    `module` keeps the leading dots of a relative import. `alias` is the name bound: for `import a.b`, `a`.
    """

    module: str
    name: str
    alias: str
    block: int
    span: Span


class Keyword(_Fact, frozen=True):
    """A keyword argument; `**other` has an empty name."""

    name: str
    value: Expr


class Call(_Fact, frozen=True):
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


class Store(_Fact, frozen=True):
    """An assignment to an attribute or an item: `self.x = 1`, `df["a"] += 2`, `del cfg["b"]`.

    `operator` is `=`, `del` or the augmented operator as written. `path` as in Binding.
    """

    target: Expr
    operator: str
    value: Expr
    block: int
    span: Span
    path: tuple[int, ...] = ()


class Return(_Fact, frozen=True):
    """`return`, `yield` or `yield from` (kind) with its value."""

    kind: str
    value: Expr
    block: int
    span: Span


class Param(_Fact, frozen=True):
    """A parameter. `kind` is positional-only, positional, keyword, `*` or `**`."""

    name: str
    kind: str
    default: Expr | None
    annotation: str
    binding: int


class Function(_Fact, frozen=True):
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


class Class(_Fact, frozen=True):
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


class Use(_Fact, frozen=True):
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


class Condition(_Fact, frozen=True):
    """A comparison outside a block's test, for rules on comparisons. `comparison` is a Compare."""

    comparison: Expr
    block: int
    span: Span


class Literal(_Fact, frozen=True):
    """A string constant that looks like a path, an address, SQL or prose (docstrings are left out)."""

    value: str
    block: int
    span: Span


class Comment(_Fact, frozen=True):
    """A comment, `#` included. `own_line` says that nothing else stands on its line."""

    text: str
    own_line: bool
    span: Span


class ParkedCode(_Fact, frozen=True):
    """Consecutive comment lines that parse as code, or a string that does and is no docstring (`quoted`).

    `statements` counts them; `calls` names what they call, as written (`pd.read_csv`), sorted.
    """

    statements: int
    span: Span
    calls: tuple[str, ...] = ()
    quoted: bool = False


class Clone(_Fact, frozen=True):
    """The fingerprints of a function of at least three lines of code.

    `function` is an index into `Facts.functions`. Two functions with the same `exact` have the same body but for
    comments, docstring and layout; with the same `blind` the same text but for names. `size` counts lines of
    code. Near copies are found by comparing the digests of their lines (`Facts.lines`).
    """

    function: int
    exact: int
    blind: int
    size: int


class Cell(_Fact, frozen=True):
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


class Magic(_Fact, frozen=True):
    """A notebook magic or shell escape, masked for the parser.

    `name` is `!`, `%time`, `%%bash`, …; `text` what follows it; `target` the name that receives the output.
    """

    name: str
    text: str
    target: str
    block: int
    span: Span


# --- configuration, commands, manifests ------------------------------------------------------------


class Entry(_Fact, frozen=True):
    """A node of a configuration document, in document order; the root has an empty path.

    `kind` is map, seq or scalar; `value` is the scalar as PyYAML's safe loader, tomllib, … read it; `text` is
    the scalar as written (without quotes); `tag` an explicit YAML tag. `key` is the span of the key.
    `document` counts the documents of a YAML stream.
    """

    path: tuple[str | int, ...]
    kind: str
    value: None | bool | int | float | str
    text: str
    tag: str
    key: Span
    span: Span
    document: int = 0


class Command(_Fact, frozen=True):
    """A command of a shell script, a Make recipe, a Dockerfile, a `!` escape or a Markdown code fence.

    `argv` holds the words without quotes, variables unexpanded (`$DATA/train.csv`); `redirects` holds
    (operator, target) pairs; `directory` is where an earlier `cd` of the same script leads ("" for the
    start, "?" where it cannot be known); `context` names the Make target or Dockerfile instruction.
    """

    argv: tuple[str, ...]
    redirects: tuple[tuple[str, str], ...]
    directory: str
    context: str
    span: Span


class Variable(_Fact, frozen=True):
    """A variable of a shell script, a Makefile, an `.env` file or a Dockerfile (ARG, ENV)."""

    name: str
    value: str
    span: Span


class Target(_Fact, frozen=True):
    """A Make target with its prerequisites; its commands have its name as their context."""

    name: str
    prerequisites: tuple[str, ...]
    phony: bool
    span: Span


class Instruction(_Fact, frozen=True):
    """A Dockerfile instruction, its continuation lines joined."""

    name: str
    value: str
    span: Span


class Requirement(_Fact, frozen=True):
    """A line of a requirements file.

    `kind` is requirement, include (-r), constraint (-c), editable, option or invalid; `name` is the normalised
    distribution name, `specifier` as written (`>=1.0,<2`), `address` a URL or path.
    """

    kind: str
    name: str
    specifier: str
    extras: tuple[str, ...]
    marker: str
    address: str
    hashed: bool
    text: str
    span: Span


class Statement(_Fact, frozen=True):
    """A SQL statement: its text and, where sqlglot can read it, the tables it reads and writes."""

    text: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    span: Span


# --- the whole -------------------------------------------------------------------------------------


class Problem(_Fact, frozen=True):
    """Why a file, or a cell of it, could not be analysed.

    `kind` is syntax-error, python-2, template, merge-conflict, encoding, unreadable, limit-size, limit-depth,
    limit-time or crash. `fatal` says that nothing of the file was analysed.
    """

    kind: str
    message: str
    span: Span
    fatal: bool = True


class Header(_Fact, frozen=True):
    """What is always at hand.

    `lines` counts all lines, `code_lines` those with code. `names` are the qualified names of imported things
    that are called or read (`pandas.read_csv`); `methods` the last names of calls on anything else
    (`to_csv`, `fit`); `modules` the imported modules with their leading dots; all sorted. `generated` says that
    the text calls itself generated, `main` that it has an `if __name__ == "__main__"`, `truncated` that a bound
    on the number of facts was reached. (`Facts.words` holds all identifiers, attribute names and strings that
    could be one, sorted, so that "is mentioned nowhere" can be answered.)
    """

    lines: int = 0
    code_lines: int = 0
    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    generated: bool = False
    main: bool = False
    truncated: bool = False


T = TypeVar("T")


class Section(Generic[T]):
    """A lazily decoded part of Facts: reads as a tuple of one kind of fact."""

    sections: dict[str, int] = {}

    def __init__(self, item: Any) -> None:
        self.item = item

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.sections[name] = len(self.sections)

    @overload
    def __get__(self, facts: None, owner: type) -> Section[T]: ...
    @overload
    def __get__(self, facts: Facts, owner: type) -> tuple[T, ...]: ...
    def __get__(self, facts: Facts | None, owner: type) -> Section[T] | tuple[T, ...]:
        if facts is None:
            return self
        packed = facts.packed[self.sections[self.name]]
        value: tuple[T, ...] = self.decoder().decode(packed)
        facts.__dict__[self.name] = value  # a non-data descriptor: the next read bypasses it
        return value

    def decoder(self) -> msgspec.msgpack.Decoder[tuple[T, ...]]:
        """The decoder of this section, made on first use."""
        if "_decoder" not in self.__dict__:
            self._decoder = msgspec.msgpack.Decoder(tuple.__class_getitem__((self.item, ...)))
        return self._decoder


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    header: Header
    sections: tuple[msgspec.Raw, ...]


class Facts:
    """All facts of one file. `key` names the content that states them; empty where that is not known."""

    imports = Section[Import](Import)
    blocks = Section[Block](Block)
    bindings = Section[Binding](Binding)
    functions = Section[Function](Function)
    classes = Section[Class](Class)
    calls = Section[Call](Call)
    stores = Section[Store](Store)
    returns = Section[Return](Return)
    uses = Section[Use](Use)
    conditions = Section[Condition](Condition)
    literals = Section[Literal](Literal)
    comments = Section[Comment](Comment)
    parked = Section[ParkedCode](ParkedCode)
    words = Section[str](str)
    cells = Section[Cell](Cell)
    magics = Section[Magic](Magic)
    entries = Section[Entry](Entry)
    commands = Section[Command](Command)
    variables = Section[Variable](Variable)
    targets = Section[Target](Target)
    instructions = Section[Instruction](Instruction)
    requirements = Section[Requirement](Requirement)
    statements = Section[Statement](Statement)
    lines = Section[int](int)
    clones = Section[Clone](Clone)

    def __init__(self, header: Header, packed: tuple[msgspec.Raw | bytes, ...]) -> None:
        self.header = header
        self.packed = packed
        self.key = b""

    @classmethod
    def of(cls, header: Header, **sections: Sequence[Any]) -> Facts:
        """Facts with the named sections; the others are empty. Raises KeyError for an unknown section."""
        packed: list[msgspec.Raw | bytes] = [_EMPTY] * len(Section.sections)
        for name, items in sections.items():
            packed[Section.sections[name]] = msgspec.Raw(_ENCODER.encode(items))
        return cls(header, tuple(packed))

    @classmethod
    def unpack(cls, data: bytes | memoryview) -> Facts:
        """The facts that `pack` wrote. Raises msgspec.DecodeError or ValidationError on anything else."""
        packed = _DECODER.decode(data)
        if len(packed.sections) != len(Section.sections):
            raise msgspec.ValidationError("facts of another version")
        return cls(packed.header, packed.sections)

    def pack(self) -> bytes:
        """The facts as MessagePack."""
        return _ENCODER.encode(_Packed(self.header, tuple(msgspec.Raw(bytes(s)) for s in self.packed)))


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Packed)
_EMPTY = msgspec.Raw(_ENCODER.encode(()))
