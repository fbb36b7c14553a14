"""Which keys of which configuration documents code reads, which parts it takes whole, and which are not there.

A document is followed as a value: through names, attributes, functions and modules. A part is taken whole when
it goes where single keys cannot be seen any more: into a library's function, a loop, a display, `**`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Call, Called, Class, Compare, Expr, Function, Item, Ref, Star
from mldebt.project.documents import kedro_files
from mldebt.project.missing_keys import MissingKey, Place, as_written, is_caught, is_content
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.project.walk import parts_of
from mldebt.source import Kind, Location, Span
from mldebt.values import Document, Gap, Known, Value, alternatives

if TYPE_CHECKING:
    from mldebt.declarations.model import Stage
    from mldebt.project.project import Project

_PRINTERS = frozenset(
    "print pprint.pprint pprint.pformat rich.print str repr len type isinstance id omegaconf.OmegaConf.to_yaml"
    " omegaconf.OmegaConf.set_struct omegaconf.OmegaConf.resolve mlflow.log_params mlflow.log_dict".split()
)
_LOGGERS = frozenset({"info", "debug", "warning", "log"})
_KEEPERS = frozenset(
    "copy.copy copy.deepcopy dict omegaconf.OmegaConf.create omegaconf.OmegaConf.to_container box.Box box.ConfigBox"
    " easydict.EasyDict addict.Dict types.SimpleNamespace munch.munchify munch.Munch dotmap.DotMap".split()
)
_COPIES = frozenset({"copy", "to_dict", "as_dict", "dict"})
_KEYED = frozenset({"get", "pop", "setdefault", "getint", "getfloat", "getboolean"})
_ADDS = re.compile(r"\+{1,2}([\w./@-]+)=")
"""How Hydra is told to add a key."""
_KINDS = {"yaml": Kind.YAML, "json": Kind.JSON, "toml": Kind.TOML, "ini": Kind.INI}


class ConfigReads:
    """The reads of all configuration documents of a project.

    `reads` says where each part is read, `whole` which parts are taken whole, `written` which code adds,
    `missing` which reads find nothing. `loaded` are the documents that code loads (`loaded_by`: with which call),
    `filled` those that Kedro loads, and `opaque` the kinds of documents of which some load could not be followed
    to its file, by the path of the loading code.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self.reads: dict[Place, list[Location]] = {}
        self.whole: set[Place] = set()
        self.written: set[Place] = set()
        self.missing: list[MissingKey] = []
        self.loaded: set[str] = set()
        self.loaded_by: dict[str, set[str]] = {}
        self.filled: set[str] = set()
        self.opaque: dict[str, set[Kind]] = {}
        self._checked: set[tuple[str, Expr]] = set()
        for source in project.code:
            self._loads(source)
        if self.loaded or project.stages:
            for source in project.code:
                self._read(source)
        for stage in project.stages:
            if stage.tool == "kedro":
                self._filled(stage)

    # --- loading ---

    def _loads(self, source: SourceFacts) -> None:
        tables = self._project.types.tables
        for index, call in enumerate(source.facts.calls):
            api = tables.lookup(call.name) if call.name else None
            if api is None or api.returns != ("document",):
                continue
            for option in alternatives(self._project.value(source, Called(index))):
                if isinstance(option, Document):
                    self.loaded.add(option.path)
                    self.loaded_by.setdefault(call.name, set()).add(option.path)
                else:
                    kind = _KINDS.get(api.format, Kind.YAML)
                    self.opaque.setdefault(source.path, set()).add(kind)

    # --- reading ---

    def _filled(self, stage: Stage) -> None:
        """What a Kedro node receives; as a whole where its function cannot be followed."""
        for declared in stage.params:
            keys = tuple(declared.path.split(".")) if declared.path else ()
            for path in kedro_files(self._project, declared.file, keys) if declared.file else ():
                self.filled.add(path)
                for length in range(1, len(keys) + 1):
                    self.reads.setdefault((path, keys[:length]), []).append(declared.location)
                if not any(self._follows(code, (path, keys)) for code in stage.code):
                    self.whole.add((path, keys))

    def _follows(self, code: str, place: Place) -> bool:
        """Whether a parameter of a function is known to be a part of a document."""
        path, _, name = code.partition(":")
        source = self._project.source(path)
        for function in source.facts.functions if source is not None else ():
            if function.qualname == name and source is not None:
                values = (self._project.value(source, Ref(p.name, (p.binding,))) for p in function.params)
                return any(Document(*place) in alternatives(value) for value in values)
        return False

    def _read(self, source: SourceFacts) -> None:
        contexts = list(self._contexts(source))
        covered = {expr for expr, _, _, _ in contexts}
        for use in source.facts.uses:  # they have the exact places
            self._chain(source, use.expr, use.expr in covered or not use.passed, use.block, use.span)
        for expr, tracked, block, span in contexts:
            self._expression(source, expr, tracked, block, span)

    def _contexts(self, source: SourceFacts) -> Iterator[tuple[Expr, bool, int, Span]]:
        """The expressions of a source, and whether a document in that place is still followed."""
        facts = source.facts
        for binding in facts.bindings:
            if binding.value is not None:
                follows = binding.kind in ("assign", "annotated", "walrus", "global") and not binding.path
                yield binding.value, follows, binding.block, binding.span
        for store in facts.stores:
            yield store.value, isinstance(store.target, Attr) and not store.path, store.block, store.span
            self._stored(source, store.target)
        for returned in facts.returns:
            yield returned.value, returned.kind == "return", returned.block, returned.span
        for block in facts.blocks:
            if block.test is not None and block.kind != "for":
                yield block.test, True, block.parent, block.span
        for condition in facts.conditions:
            yield condition.comparison, True, condition.block, condition.span
        for call in facts.calls:
            harmless = call.name in _PRINTERS or (isinstance(call.func, Attr) and call.func.name in _LOGGERS)
            params = self._params(source, call)
            for position, argument in enumerate(call.args):
                known = params is not None and position < len(params) and not isinstance(argument, Star)
                yield argument, harmless or known or call.name in _KEEPERS, call.block, call.span
            for keyword in call.keywords:
                known = params is not None and keyword.name in params
                yield keyword.value, harmless or known, call.block, call.span
            if isinstance(call.func, Attr):
                self._method(source, call, call.func)

    def _params(self, source: SourceFacts, call: Call) -> list[str] | None:
        """The names of the parameters of a function of the project, in order; None for anything else."""
        name = call.name or qualified(source, call.func)
        symbol = self._project.names.symbol(source, name) if name else None
        fact = None if symbol is None or symbol.rest else symbol.fact
        skip = 0
        if symbol is not None and isinstance(fact, Class):
            made = self._project.names.method(symbol.source, fact, "__init__")
            fact, skip = (made.fact if made is not None else None), 1
        elif isinstance(fact, Function) and "." in fact.qualname:
            return None
        if not isinstance(fact, Function) or any(p.kind in ("*", "**") for p in fact.params):
            return None
        return [param.name for param in fact.params[skip:]]

    def _expression(self, source: SourceFacts, expr: Expr, tracked: bool, block: int, span: Span) -> None:
        match expr:
            case Attr() | Item() | Ref() | Called():
                self._chain(source, expr, tracked, block, span)
            case Compare("in" | "not in", left, right):
                self._expression(source, left, True, block, span)
                self._membership(source, left, right, block, span)
            case Compare(_, left, right):
                self._expression(source, left, True, block, span)
                self._expression(source, right, True, block, span)
            case _:
                for part in parts_of(expr):
                    self._expression(source, part, False, block, span)

    def _chain(self, source: SourceFacts, expr: Expr, tracked: bool, block: int, span: Span) -> None:
        """Note every step of a chain of attributes and items."""
        steps: list[Attr | Item] = []
        root = expr
        while isinstance(root, Attr | Item):
            steps.append(root)
            root = root.base
        if not isinstance(root, Ref | Called):
            self._expression(source, root, False, block, span)
        if tracked and not steps:
            return  # it is followed where it goes
        value = self._project.value(source, root)
        for step in reversed(steps):
            if not isinstance(value, Gap):
                self._step(source, step, value, block, span)
                value = self._project.evaluator.follow(source, value, step)
            if isinstance(step, Item):
                self._expression(source, step.index, True, block, span)
        if not tracked:
            self.whole.update(_places(value))

    def _step(self, source: SourceFacts, step: Attr | Item, base: Value, block: int, span: Span) -> None:
        places = list(_places(base))
        if not places:
            return
        keys = self._keys(source, step)
        if keys is None:
            self.whole.update(places)
            return
        location = source.location(span)
        for place in places:
            for key in keys:
                self.reads.setdefault((place[0], (*place[1], key)), []).append(location)
        if len(places) == len(alternatives(base)) and len(keys) == 1:
            self._check(source, step, places, keys[0], location, block)

    def _check(
        self,
        source: SourceFacts,
        step: Attr | Item,
        places: list[Place],
        key: str | int,
        location: Location,
        block: int,
    ) -> None:
        """Note a read that no document can answer."""
        if not isinstance(key, str) or (isinstance(step, Attr) and (hasattr(dict, key) or key.startswith("_"))):
            return
        if all(self._lacks(place, key) for place in places):
            written = as_written(step)
            if written and (source.path, step) not in self._checked:
                self._checked.add((source.path, step))
                self.missing.append(MissingKey(source, location, block, written, tuple(places), key))

    def _lacks(self, place: Place, key: str) -> bool:
        documents = self._project.documents
        entry = documents.tree(place[0]).get(place[1])
        if entry is None or entry.kind != "map":
            return False
        return not documents.has(Document(*place), key)

    def _keys(self, source: SourceFacts, step: Attr | Item) -> list[str | int] | None:
        """The keys that a step can take; None where they are not known."""
        if isinstance(step, Attr):
            return [step.name]
        return self._constants(source, step.index)

    def _constants(self, source: SourceFacts, expr: Expr) -> list[str | int] | None:
        options = alternatives(self._project.value(source, expr))
        keys = [o.value for o in options if isinstance(o, Known) and isinstance(o.value, str | int)]
        return keys if len(keys) == len(options) else None

    def _membership(self, source: SourceFacts, left: Expr, right: Expr, block: int, span: Span) -> None:
        places = list(_places(self._project.value(source, right)))
        keys = self._constants(source, left)
        for place in places:
            if keys is None:
                self.whole.add(place)
            for key in keys or ():
                self.reads.setdefault((place[0], (*place[1], key)), []).append(source.location(span))
                self.written.add((place[0], (*place[1], key)))
        if not places:
            self._expression(source, right, True, block, span)

    def _method(self, source: SourceFacts, call: Call, func: Attr) -> None:
        """A method of a document: a look-up, or something that takes all of it."""
        places = list(_places(self._project.value(source, func.base)))
        if not places or func.name in _COPIES:
            return
        keys = self._constants(source, call.args[0]) if func.name in _KEYED and call.args else None
        for place in places:
            if keys is None:
                self.whole.add(place)
            for key in keys or ():
                self.reads.setdefault((place[0], (*place[1], key)), []).append(source.location(call.span))
                if func.name != "pop":
                    self.written.add((place[0], (*place[1], key)))

    def _stored(self, source: SourceFacts, target: Expr) -> None:
        if isinstance(target, Attr | Item):
            keys = self._keys(source, target)
            for place in _places(self._project.value(source, target.base)):
                self.written.update((place[0], (*place[1], key)) for key in keys or ("*",))

    # --- answers ---

    @cached_property
    def undefined(self) -> list[MissingKey]:
        """The reads that find nothing, without those of keys that code asks for, adds or catches."""
        return [
            missing
            for missing in self.missing
            if missing.key not in self._added_by_commands
            and not any(self._is_added(place, missing.key) for place in missing.places)
            and not is_caught(missing)
            and not is_content(missing)
            and not self._is_in_group(missing)
        ]

    def _is_in_group(self, missing: MissingKey) -> bool:
        """Whether a file of a group beside the configuration has the key: older Hydra puts such keys at the top."""
        homes = {path.rpartition("/")[0] for path, keys in missing.places if not keys}
        return any(
            home and source.path.startswith(f"{home}/") and "/" in source.path.removeprefix(f"{home}/")
            for home in homes
            for source in self._project.sources(Kind.YAML)
            if any(entry.path == (missing.key,) for entry in source.facts.entries)
        )

    @cached_property
    def _added_by_commands(self) -> set[str]:
        """The keys that commands, and code that composes a configuration, add to what documents say."""
        sources = self._project.sources() if self.missing else ()
        commands = [command.argv for source in sources for command in source.facts.commands]
        commands += [command.argv for stage in self._project.stages for command in stage.commands]
        written = [literal.value for source in self._project.code for literal in source.facts.literals]
        overrides = (_ADDS.match(word) for words in (*commands, written) for word in words)
        return {key for match in overrides if match for key in re.split(r"[./@]", match[1])}

    def _is_added(self, place: Place, key: str) -> bool:
        path, keys = place
        parents = {(path, keys[:length]) for length in range(len(keys) + 1)}
        return bool({(path, (*keys, key)), (path, (*keys, "*")), *parents} & self.written)

    @cached_property
    def read_in(self) -> dict[Place, set[str]]:
        """For each part the paths of the code that reads it."""
        return {place: {location.path for location in found} for place, found in self.reads.items()}


def _places(value: Value) -> Iterator[Place]:
    for option in alternatives(value):
        if isinstance(option, Document):
            yield option.path, option.keys
