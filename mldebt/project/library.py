"""What builtin and library operations do to values: texts, paths, containers, configuration."""

from __future__ import annotations

from posixpath import splitext
from typing import TYPE_CHECKING

from mldebt.facts import Attr, Call, Class, Expr, Function, Ref
from mldebt.project import documents
from mldebt.project.containers import indexed, items_of
from mldebt.project.qualify import qualified
from mldebt.project.source_facts import SourceFacts
from mldebt.project.text_methods import TEXT_METHODS, ending, text_method
from mldebt.project.unknowable import cause_of
from mldebt.values import (
    CWD,
    MOST_ITEMS,
    ROOT,
    Definition,
    Document,
    External,
    Gap,
    Instance,
    Items,
    Known,
    Namespace,
    Object,
    Table,
    Template,
    Value,
    absolute,
    alternatives,
    bounded,
    choice,
    each,
    join_paths,
    last_name,
    map_text,
    parent,
    show,
)

if TYPE_CHECKING:
    from mldebt.project.evaluation import Evaluation
    from mldebt.project.frames import Frame


_SAME = frozenset(
    name
    for line in (
        "str os.fspath os.path.normpath os.path.expanduser os.path.expandvars",
        "os.path.normcase hydra.utils.to_absolute_path copy.copy copy.deepcopy list tuple sorted set iter",
        "reversed tqdm.tqdm tqdm.auto.tqdm tqdm.notebook.tqdm dict omegaconf.OmegaConf.create",
        "omegaconf.OmegaConf.to_container box.Box box.ConfigBox easydict.EasyDict addict.Dict",
        "types.SimpleNamespace munch.munchify munch.Munch dotmap.DotMap upath.UPath cloudpathlib.CloudPath",
    )
    for name in line.split()
)
_LARGEST = 10**18
_TEXT_BASES = frozenset({"str", "enum.StrEnum"})
_PATH_TYPES = "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"


def name_of(call: Call) -> str:
    """What a call calls, for people."""
    if call.name:
        return call.name.lstrip(":.")
    return call.func.name if isinstance(call.func, Attr | Ref) else ""


def is_text(value: Value) -> bool:
    """Whether a value can be a text."""
    return any(
        isinstance(option, Template) or (isinstance(option, Known) and isinstance(option.value, str))
        for option in alternatives(value)
    )


def is_static(source: SourceFacts, function: Function) -> bool:
    """Whether a method takes no `self` or `cls`."""
    return any(qualified(source, decorator) == "staticmethod" for decorator in function.decorators)


def text_base(source: SourceFacts, cls: Class) -> str:
    """The base that makes a class's instances texts; empty if they are none."""
    return next((name for base in cls.bases if (name := qualified(source, base)) in _TEXT_BASES), "")


# --- operators ---


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """Numbers that are known on both sides; list concatenation; else a gap."""
    if isinstance(left, Items) and isinstance(right, Items) and operator == "+":
        if len(left.items) + len(right.items) > MOST_ITEMS:
            return Gap("many")
        return bounded(Items(left.kind, left.items + right.items))
    if isinstance(left, Known) and isinstance(right, Known):
        a, b = left.value, right.value
        if isinstance(a, int | float) and isinstance(b, int | float) and max(abs(a), abs(b)) < _LARGEST:
            try:
                match operator:
                    case "+":
                        return Known(a + b)
                    case "-":
                        return Known(a - b)
                    case "*":
                        return Known(a * b)
                    case "/":
                        return Known(a / b)
                    case "//":
                        return Known(a // b)
                    case "%":
                        return Known(a % b)
            except (ZeroDivisionError, OverflowError):
                return Gap("arithmetic")
    for side in (left, right):
        if isinstance(side, Gap):
            return side
    return Gap("arithmetic")


# --- attributes ---


def attribute(base: Value, name: str) -> Value:
    """An attribute of a text (as a path), a container or an object."""
    match base:
        case Known(str()) | Template():
            if name == "parent":
                return parent(base)
            if name == "name":
                return last_name(base)
            if name == "stem":
                return map_text(last_name(base), lambda n: splitext(n)[0])
            if name == "suffix":
                return ending(base)
            if name == "parents":
                ancestors: list[Value] = []
                current: Value = base
                for _ in range(8):
                    current = parent(current)
                    ancestors.append(current)
                return Items("list", tuple(ancestors))
            if name == "value":
                return base
        case Known() if name == "value":
            return base
        case Table():
            return indexed(base, Known(name))
        case Object("file", about) if name == "name" and about is not None:
            return about
        case Gap():
            return base
    return Gap("attribute", name)


def external_attribute(name: str) -> Value:
    """A library's attribute that is a text, or the name itself."""
    if name in ("os.sep", "os.path.sep"):
        return Known("/")
    if name in ("os.curdir", "os.path.curdir"):
        return Known(".")
    return External(name)


# --- calls ---


def call(evaluator: Evaluation, source: SourceFacts, index: int, name: str, frame: Frame) -> Value:
    """What a call of a builtin or library function gives."""
    fact = source.facts.calls[index]

    def argument(position: int) -> Value:
        if position < len(fact.args):
            return evaluator.value(source, fact.args[position], frame)
        return Gap("call", name)

    def keyword(*names: str) -> Value | None:
        for entry in fact.keywords:
            if entry.name in names:
                return evaluator.value(source, entry.value, frame)
        return None

    if name in ("os.path.join", "posixpath.join", "ntpath.join"):
        return join_paths([evaluator.value(source, arg, frame) for arg in fact.args])
    if name in _PATH_TYPES or name in ("pyprojroot.here", "rootutils.find_root"):
        if name == "rootutils.find_root":
            return Known(ROOT)
        return join_paths([evaluator.value(source, a, frame) for a in fact.args]) if fact.args else Known("")
    if name in ("dict", "types.SimpleNamespace", "easydict.EasyDict", "box.Box", "argparse.Namespace"):
        entries = tuple((k.name, evaluator.value(source, k.value, frame)) for k in fact.keywords if k.name)
        if entries or not fact.args:
            return Table(entries, open=bool(fact.args) or any(not k.name for k in fact.keywords))
    if name in _SAME:
        if fact.args:
            return argument(0)
        return Known("") if name == "str" else Gap("call", name)
    if name in ("os.path.abspath", "os.path.realpath"):
        return absolute(argument(0))
    if name in ("os.path.dirname",):
        return parent(argument(0))
    if name in ("os.path.basename",):
        return last_name(argument(0))
    if name == "os.path.splitext":
        path = argument(0)
        return Items("splitext", (map_text(path, lambda p: splitext(p)[0]), each(path, ending)))
    if name == "os.path.split":
        return Items("tuple", (parent(argument(0)), last_name(argument(0))))
    if name in ("os.getcwd", "pathlib.Path.cwd", "hydra.utils.get_original_cwd"):
        return Known(CWD)
    if name in ("os.getenv", "os.environ.get"):
        default = argument(1) if len(fact.args) > 1 else keyword("default")
        return evaluator.environment(argument(0), default)
    if name == "pathlib.Path.home":
        return Known("~")
    if name == "enumerate":
        inner = items_of(argument(0), "")
        return Items("list", (Items("tuple", (Gap("loop", "index"), inner)),))
    if name == "zip":
        return _zipped([argument(position) for position in range(len(fact.args))])
    if name == "range":
        return Gap("loop", "range")
    if name == "open" or (
        name.endswith((".open",)) and name.split(".")[0] in ("io", "codecs", "gzip", "bz2", "lzma")
    ):
        return Object("file", argument(0) if fact.args else keyword("file") or Gap("call", "open"))
    if name == "getattr" and len(fact.args) >= 2:
        wanted = argument(1)
        if isinstance(wanted, Known):
            return evaluator.attribute(argument(0), str(wanted.value))
    if name in ("int", "float", "bool"):
        value = argument(0)
        return value if isinstance(value, Known | Gap) else Gap("call", name)
    if name == "vars":
        return argument(0)
    if cause := cause_of(name):
        return Gap(cause, name)
    document = documents.loaded(evaluator, source, fact, name, frame)
    if document is None:
        document = evaluator.project.frameworks.settings(evaluator, source, fact, name)
    if document is not None:
        return document
    if name == "omegaconf.OmegaConf.select" and len(fact.args) > 1:
        return _selected(evaluator, source, argument(0), argument(1))
    if ".DEFINE_" in name and fact.args and isinstance(flag := argument(0), Known):
        return evaluator.project.frameworks.named_flag(str(flag.value)) or Gap("option", str(flag.value))
    if name in ("metaflow.Parameter", "metaflow.IncludeFile"):
        given = evaluator.project.given_on_command_line(source, str(show(argument(0)))) if fact.args else []
        default = keyword("default")
        return (
            choice([*given, *(() if default is None else (default,))]) if given or default else Gap("option", "")
        )
    returned = evaluator.project.types.tables.returns(name)
    if returned and returned not in ("document", "path"):
        return Object(returned.removeprefix("builtins."))
    last = name.rpartition(".")[2]
    if "." in name and last[:1].isupper() and not last.isupper():
        return Object(name)
    return Gap("call", name)


def _selected(evaluator: Evaluation, source: SourceFacts, base: Value, key: Value) -> Value:
    """`OmegaConf.select(cfg, "a.b")`."""
    if not isinstance(key, Known):
        return Gap("config", "")
    for part in str(key.value).split("."):
        base = evaluator.indexed(source, base, Known(part))
    return base


def _zipped(values: list[Value]) -> Value:
    if not all(isinstance(value, Items) for value in values) or not values:
        return Gap("loop", "zip")
    rows = zip(*(value.items for value in values if isinstance(value, Items)), strict=False)
    return Items("list", tuple(Items("tuple", row) for row in rows))


def method(evaluator: Evaluation, source: SourceFacts, index: int, receiver: Value, frame: Frame) -> Value:
    """What a method call gives, by what its receiver is."""
    fact = source.facts.calls[index]
    assert isinstance(fact.func, Attr)
    name = fact.func.name
    match receiver:
        case External(root):
            return call(evaluator, source, index, f"{root}.{name}", frame)
        case Definition() | Instance():
            return evaluator.result(source, index, evaluator.attribute(receiver, name), frame)
        case Document() | Namespace():
            return _mapping_method(evaluator, source, fact, receiver, name, frame)
        case Table() if name in ("get", "pop", "setdefault") and fact.args:
            found = indexed(receiver, evaluator.value(source, fact.args[0], frame))
            return _or_default(evaluator, source, fact, found, frame)
        case Table() if name == "items":
            rows = [Items("tuple", (Known(key), value)) for key, value in receiver.entries]
            return Items("list", tuple(rows)) if not receiver.open else Gap("loop", "items")
        case Table() if name == "values":
            return Items("list", tuple(value for _, value in receiver.entries))
        case Table() if name in ("keys", "copy"):
            return receiver
        case Known(str()) | Template():
            return text_method(evaluator, source, fact, receiver, name, frame)
        case Object("argparse.ArgumentParser" | "configargparse.ArgumentParser") if name == "parse_args":
            return Namespace(source.path)
        case Object("argparse.ArgumentParser") if name == "parse_known_args":
            return Items("tuple", (Namespace(source.path), Gap("argv")))
        case Object("file", about) if name in ("read", "readlines", "read_text") and about is not None:
            return Object("text", about)
        case Object("configparser.ConfigParser" | "configparser.RawConfigParser") if name == "get" and fact.args:
            found = receiver
            for arg in fact.args[:2]:
                found = evaluator.indexed(source, found, evaluator.value(source, arg, frame))
            return found
        case Object(kind):
            document = documents.loaded(evaluator, source, fact, f"{kind}.{name}", frame)
            if document is not None:
                return document
            returned = evaluator.project.types.tables.returns(f"{kind}.{name}")
            if returned and returned not in ("document", "path"):
                return Object(returned.removeprefix("builtins."))
            if name in ("strftime", "isoformat") or kind.startswith("datetime"):
                return Gap("time", name)
        case Gap():
            kept = name in TEXT_METHODS or name in ("get", "items", "values")
            return receiver if kept else Gap("call", name)
    return Gap("call", name)


def _mapping_method(
    evaluator: Evaluation, source: SourceFacts, fact: Call, receiver: Value, name: str, frame: Frame
) -> Value:
    if name in ("get", "pop", "getint", "getfloat", "getboolean", "get_value") and fact.args:
        keys = [evaluator.value(source, arg, frame) for arg in fact.args]
        if isinstance(receiver, Document) and documents.is_ini(evaluator.project, receiver) and len(keys) > 1:
            return evaluator.indexed(source, evaluator.indexed(source, receiver, keys[0]), keys[1])
        found = evaluator.indexed(source, receiver, keys[0])
        return _or_default(evaluator, source, fact, found, frame)
    if name == "copy" or name in ("to_dict", "as_dict", "dict", "model_dump"):
        return receiver
    return Gap("config", name)


def _or_default(evaluator: Evaluation, source: SourceFacts, fact: Call, found: Value, frame: Frame) -> Value:
    """`.get(key, default)`: the default only where the key is not there."""
    default: Expr | None = fact.args[1] if len(fact.args) > 1 else None
    if default is None or not isinstance(found, Gap):
        return found
    return evaluator.value(source, default, frame)
