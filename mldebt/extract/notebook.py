"""Notebooks: the code cells joined into one text, with what stands around the code as facts of its own.

A cell that does not parse costs that cell: its lines stay, empty, so that all others keep their places.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from mldebt.extract.diagnose import conflict_line, diagnose_syntax
from mldebt.extract.magics import mask_cell, syntax_mistake
from mldebt.extract.shell import change_directory, parse_commands
from mldebt.extract.text import failed, unify_line_ends
from mldebt.facts import Cell, Command, Facts, Header, Magic, Problem
from mldebt.source import Span

_MAX_RETRIES = 20
"""How many cells may be given up because only the extractor's parser refuses them."""

_SHELL_MAGICS = frozenset(("%%bash", "%%sh", "%%shell", "%%!", "%%system", "%%sx", "%sh"))
_COMMAND_MAGICS = frozenset(("%pip", "%conda", "%mamba", "%uv", "%pip3"))
_OTHER_KERNELS = (
    "ir",
    "julia",
    "bash",
    "java",
    "scala",
    "spylon",
    "almond",
    "sos",
    "octave",
    "rust",
    "gophernotes",
)


def extract_notebook(text: str) -> Facts:
    """The facts of a notebook given as the JSON text of its file.

    The spans of all facts but those of other kinds of cells count in the joined text; `Facts.cells` says where
    each cell starts in it.
    """
    try:
        notebook = _load(text)
    except ValueError as error:
        return failed(text, _json_problem(text, error))
    try:
        cells = _cells_of(notebook)
    except ValueError as error:
        return failed(text, Problem("syntax-error", f"is not a notebook: {error}", Span.at(1)))
    joined = _Joined(is_python(notebook.get("metadata")))
    for index, cell in enumerate(cells):
        joined.add(index, cell)
    return joined.facts()


def joined_text(text: str) -> str:
    """The joined text of a notebook's code cells, in which the spans of its facts count. Raises ValueError."""
    notebook = _load(text)
    joined = _Joined(is_python(notebook.get("metadata") if isinstance(notebook, dict) else None))
    for index, cell in enumerate(_cells_of(notebook)):
        joined.add(index, cell)
    return "\n".join([*joined.lines, ""])


class _Joined:
    """The text of all code cells, one after the other, and the facts about what was masked."""

    def __init__(self, python: bool) -> None:
        self.python = python
        self.lines: list[str] = []
        self.cells: list[Cell] = []
        self.magics: list[Magic] = []
        self.commands: list[Command] = []
        self.problems: list[Problem] = []
        self.directory = ""

    def add(self, index: int, raw: object) -> None:
        """Add one cell of the notebook's list."""
        cell = raw if isinstance(raw, dict) else {}
        kind = cell.get("cell_type")
        kind = kind if isinstance(kind, str) else "unknown"
        source = source_of(cell)
        line = 0
        if kind == "code" and self.python and _is_python_cell(cell):
            line = len(self.lines) + 1
            self.add_code(source, line)
        self.cells.append(_describe(index, kind, line, source, cell))
        if not isinstance(raw, dict):
            message = f"cell {index + 1} is not an object"
            self.problems.append(Problem("syntax-error", message, Span.at(max(len(self.lines), 1)), False))

    def add_code(self, source: str, line: int) -> None:
        """Add the code of a cell that starts at a line of the joined text."""
        masked = mask_cell(source)
        text = masked.text
        if mistake := syntax_mistake(text):
            problem = diagnose_syntax(source, mistake.line, mistake.message, fatal=False)
            within = min(problem.span.line, text.count("\n") + 1)
            self.problems.append(_moved_problem(problem, within + line - 1))
            text = "\n" * text.count("\n")
        self.lines += text.split("\n")
        for magic in masked.magics:
            span = magic.span
            moved = Span(span.line + line - 1, span.column, span.end_line + line - 1, span.end_column)
            magic = Magic(magic.name, magic.text, magic.target, magic.block, moved)
            self.magics.append(magic)
            self.commands += self.commands_of(magic, source.split("\n")[span.line - 1])

    def commands_of(self, magic: Magic, first_line: str) -> list[Command]:
        """The shell commands that a magic runs. `first_line` is the line on which the magic starts."""
        span, name = magic.span, magic.name
        start = first_line.find(magic.text.split("\n", 1)[0], span.column - 1) + 1
        if name == "%cd":
            self.directory = change_directory(self.directory, magic.text.strip().strip("'\""))
        if name in ("!", "!!", "%sx", "%system"):
            return parse_commands(
                magic.text, line=span.line, column=max(start, 1), directory=self.directory, context="!"
            )
        if name in _COMMAND_MAGICS:
            skipped = span.column if first_line[span.column - 1] == "%" else span.column - 1
            return parse_commands(
                first_line[skipped:].split(" #")[0],
                line=span.line,
                column=skipped + 1,
                directory=self.directory,
                context=name,
            )
        if name in _SHELL_MAGICS:
            body = magic.text.partition("\n")[2]
            return parse_commands(body, line=span.line + 1, directory=self.directory, context=name)
        return []

    def facts(self) -> Facts:
        """The facts of the joined text, without the cells that nothing can read."""
        from mldebt.extract.python import SyntaxProblem, extract_python

        for _ in range(_MAX_RETRIES):
            text = "\n".join([*self.lines, ""])
            try:
                return extract_python(text, self.cells, self.magics, self.commands, self.problems)
            except SyntaxProblem as error:
                if not self.give_up_cell(error.line, error.message):
                    break
        return self.without_code()

    def give_up_cell(self, line: int, message: str) -> bool:
        """Blank the cell around a line of the joined text; False if there is nothing left to blank."""
        cell = next((c for c in self.cells if c.line and c.line <= line < c.line + c.lines), None)
        if cell is None:
            return False
        start, end = cell.line - 1, cell.line - 1 + cell.lines
        if not any(self.lines[start:end]):
            return False
        self.problems.append(Problem("syntax-error", message, Span.at(line), fatal=False))
        self.lines[start:end] = [""] * cell.lines
        return True

    def without_code(self) -> Facts:
        """The facts that stay when the joined text cannot be read at all."""
        problem = Problem("syntax-error", "its cells cannot be read together", Span.at(1))
        header = Header(lines=len(self.lines), problems=(*self.problems, problem))
        return Facts.of(header, cells=self.cells, magics=self.magics, commands=self.commands)


def source_of(cell: dict[str, Any]) -> str:
    """The text of a cell: a string or a list of strings in the file; anything else counts as nothing."""
    source = cell.get("source")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return ""
    source = _writable(source)
    return unify_line_ends(source).replace("\0", " ") if "\r" in source or "\0" in source else source


def is_python(metadata: object) -> bool:
    """Whether a notebook's metadata name a Python kernel, or none at all."""
    if not isinstance(metadata, dict):
        return True
    kernel, language = metadata.get("kernelspec"), metadata.get("language_info")
    names = [part.get(key) for part, key in ((language, "name"), (kernel, "language")) if isinstance(part, dict)]
    stated = next((name for name in names if isinstance(name, str) and name), None)
    if stated is not None:
        return "python" in stated.lower()
    name = kernel.get("name") if isinstance(kernel, dict) else None
    return not (
        isinstance(name, str) and name.lower().startswith(_OTHER_KERNELS) and "python" not in name.lower()
    )


def _is_python_cell(cell: dict[str, Any]) -> bool:
    """Whether a cell is in the notebook's own language (some editors allow another one in each cell)."""
    metadata = cell.get("metadata")
    editor = metadata.get("vscode") if isinstance(metadata, dict) else None
    language = editor.get("languageId") if isinstance(editor, dict) else cell.get("language")
    return not isinstance(language, str) or "python" in language.lower()


def _load(text: str) -> Any:
    """The JSON value of a text. Raises ValueError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return json.loads(text)  # reads NaN and lone surrogates, and says in which line it fails


def _json_problem(text: str, error: ValueError) -> Problem:
    if not text.strip():
        return Problem("syntax-error", "is empty", Span.at(1))
    if line := conflict_line(text):
        return Problem("merge-conflict", "holds an unresolved merge conflict", Span.at(line))
    line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
    return Problem("syntax-error", f"is not valid JSON: {error}", Span.at(line))


def _cells_of(notebook: object) -> list[object]:
    """The cells of a notebook in any version of the format. Raises ValueError for anything else."""
    if not isinstance(notebook, dict):
        raise ValueError("the file holds no JSON object")
    if "worksheets" in notebook and "cells" not in notebook:
        notebook = _upgrade(notebook)
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise ValueError("it has no list of cells")
    return cells


def _upgrade(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook of format 2 or 3 in format 4. Raises ValueError where it is too broken for that."""
    import nbformat

    try:
        raw = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
        upgraded = nbformat.convert(raw, 4)  # type: ignore[no-untyped-call]
    except Exception as error:  # whatever the library meets in a broken file, it is the file's fault
        raise ValueError(f"its old format cannot be upgraded ({type(error).__name__}: {error})") from error
    return dict(upgraded)


def _describe(index: int, kind: str, line: int, source: str, cell: dict[str, Any]) -> Cell:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    count = cell.get("execution_count")
    raw_outputs = cell.get("outputs")
    outputs = raw_outputs if isinstance(raw_outputs, list) else []
    error = next((out for out in outputs if isinstance(out, dict) and out.get("output_type") == "error"), {})
    return Cell(
        index=index,
        kind=kind,
        line=line,
        lines=source.count("\n") + 1,
        execution_count=count if type(count) is int and abs(count) < 2**53 else None,
        identity=_string(cell.get("id")),
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        outputs=tuple(_string(out.get("output_type")) for out in outputs if isinstance(out, dict)),
        output_bytes=sum(map(_weight, _leaves(outputs))),
        error=_string(error.get("ename")),
        error_message=_string(error.get("evalue"))[:500],
    )


def _leaves(value: object) -> Iterator[object]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        else:
            yield item


def _weight(value: object) -> int:
    return len(value) if isinstance(value, str) else 8


def _string(value: object) -> str:
    return _writable(value) if isinstance(value, str) else ""


def _writable(text: str) -> str:
    """The text without the lone surrogates that JSON allows; each becomes one question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _moved_problem(problem: Problem, line: int) -> Problem:
    return Problem(problem.kind, problem.message, Span.at(line), problem.fatal)
