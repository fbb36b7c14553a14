"""All facts of one file, as they travel and rest: MessagePack, decoded section by section on demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, overload

import msgspec

from mldebt.facts.declared import Command, Entry, Instruction, Requirement, Statement, Target, Variable
from mldebt.facts.expressions import Fact
from mldebt.facts.python import (
    Binding,
    Block,
    Call,
    Cell,
    Class,
    Clone,
    Comment,
    Condition,
    Function,
    Import,
    Literal,
    Magic,
    ParkedCode,
    Return,
    Store,
    Use,
)
from mldebt.source import Span


class Problem(Fact, frozen=True):
    """Why a file, or a cell of it, could not be analysed.

    `kind` is syntax-error, python-2, template, merge-conflict, encoding, unreadable, limit-size, limit-depth,
    limit-time or crash. `fatal` says that nothing of the file was analysed.
    """

    kind: str
    message: str
    span: Span
    fatal: bool = True


class Header(Fact, frozen=True):
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
    """A lazily decoded part of Facts: reads as a tuple of one kind of fact.

    One that is not `lasting` is large when it is decoded and read by few: `Facts.forget` leaves it packed again.
    """

    sections: dict[str, int] = {}
    passing: list[tuple[dict[str, Any], str]] = []
    """What is decoded of sections that do not last: where each is kept, and its name there."""

    def __init__(self, item: Any, *, lasting: bool = True) -> None:
        self.item = item
        self.lasting = lasting

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
        if not self.lasting:
            self.passing.append((facts.__dict__, self.name))
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
    lines = Section[int](int, lasting=False)
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

    @staticmethod
    def forget() -> None:
        """Drop what is decoded of the sections that do not last, of all files."""
        for decoded, name in Section.passing:
            decoded.pop(name, None)
        Section.passing.clear()

    def pack(self) -> bytes:
        """The facts as MessagePack."""
        return _ENCODER.encode(_Packed(self.header, tuple(msgspec.Raw(bytes(s)) for s in self.packed)))


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Packed)
_EMPTY = msgspec.Raw(_ENCODER.encode(()))
