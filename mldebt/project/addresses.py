"""The identity of data: when two paths in the code mean the same file.

Paths are compared by the levels of `Match`. Nothing is ever matched by a name that many files have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from posixpath import basename, dirname, splitext
from typing import NamedTuple

from mldebt.values import ROOT, Gap, Items, Known, Object, Template, Value, alternatives, normal, show

_GENERIC = frozenset(
    name
    for line in (
        "train test val valid validation data dataset model best_model metrics results result report",
        "summary predictions preds prediction output outputs submission sample_submission config params",
        "parameters features feature labels label scaler encoder meta metadata index log logs info",
        "history weights checkpoint best last final tmp temp file x_train x_test y_train y_test x_val",
        "y_val settings readme vocab tokenizer state args scores score df",
    )
    for name in line.split()
)
_FEWEST_LETTERS = 8
_FEWEST_TEMPLATE_LETTERS = 4
_SCHEME = re.compile(r"^[a-z][a-z0-9+.\-]{1,12}://", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))(?=/|$)")
_BUCKETS = frozenset({"s3", "s3a", "s3n", "gs", "gcs", "http", "https", "abfs", "abfss", "wasbs", "hf"})
_COLLECTION = re.compile(
    r"^(azure|azureml|azureml-model|bento|clearml|colab|elastic|feast|gensim|gsheet|hf|hub|kafka|kaggle|kedro|keras|mldata"
    r"|mlflow-artifact|models|nltk|openml|quandl|redis|runs|seaborn|sklearn|spacy|surprise|table|tfds|upload|wandb|yahoo):"
)
"""What begins the addresses of data sets that libraries and registries know by name (see `mldebt/apis`)."""
_MOUNTED = re.compile(r"/(mnt|media|gcs|dbfs|Volumes|scratch|tmp)/")
_PLATFORM = ("/kaggle/", "/content/", "/opt/ml/", "/dbfs/", "/mnt/", "/tmp/", "/dev/", "/var/", "/etc/", "/usr/")


class Match(IntEnum):
    """How surely two addresses mean the same data; each level is weaker than the next."""

    NONE = 0
    TEMPLATE = 1
    NAME = 2
    SUFFIX = 3
    CONTAINS = 4
    EXACT = 5


class Address(NamedTuple):
    """Where data is, as far as it is known.

    `path` is the place relative to the analysed root (or an absolute path or an address with a scheme) when all
    of it is known, else empty. `tail` holds the components after the last gap (all components of what is
    written, for a known path); `shape` is the whole with gaps as `{cause}`; `is_result` says that it begins with
    what a call returns, which is another thing for other arguments.
    """

    path: str
    tail: tuple[str, ...]
    shape: str
    is_result: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the address has no gap."""
        return bool(self.path)

    @property
    def is_remote(self) -> bool:
        """Whether it has a scheme (`s3://`, `https://`)."""
        return bool(_SCHEME.match(self.shape))

    @property
    def is_of_collection(self) -> bool:
        """Whether a library, registry or service knows it by name (`wandb:`, `table:`)."""
        return bool(_COLLECTION.match(self.shape))

    @property
    def is_temporary(self) -> bool:
        """Whether it lies in a directory that is made for one run."""
        return self.shape.startswith("{tempfile.")

    @property
    def name(self) -> str:
        """The file name as far as it is known."""
        return self.tail[-1] if self.tail else ""

    @property
    def ending(self) -> str:
        """The file name's extension in lower case, with its dot."""
        return splitext(self.name.removesuffix(".gz"))[1].lower()

    def __str__(self) -> str:
        return self.path or self.shape


def addresses(value: Value, anchor: str | None, home: str = "") -> Iterator[Address]:
    """The addresses that a value can be; wholly unknown ones not.

    Relative paths start from the anchor, or from `home` (the code's own directory) where they would leave the root.
    An anchor of None is a directory that nobody knows.
    """
    for option in alternatives(value):
        match option:
            case Known(str(written)) if written.strip():
                yield _known(written, anchor, home)
            case Template(parts):
                address = _template(parts)
                if address is not None:
                    yield address
            case Items(_, items):
                for item in items:
                    yield from addresses(item, anchor, home)
            case Object(_, about) if about is not None:
                yield from addresses(about, anchor, home)


def gaps(value: Value) -> Iterator[Gap]:
    """The gaps in a value that is, or can be, wholly unknown."""
    for option in alternatives(value):
        if isinstance(option, Gap):
            yield option
        elif isinstance(option, Object) and option.about is not None:
            yield from gaps(option.about)


def _known(written: str, anchor: str | None, home: str) -> Address:
    cleaned = normal(written.strip())
    scheme, _, place = cleaned.partition("://")
    if place.startswith("/") and scheme in _BUCKETS:  # a name that nobody gave
        return Address("", _components(place), f"{scheme}://{{bucket}}{place}")
    if _SCHEME.match(cleaned):
        return Address(cleaned, _components(cleaned.partition("://")[2]), cleaned)
    if _COLLECTION.match(cleaned):
        return Address(cleaned, _components(cleaned.partition(":")[2]), cleaned)
    if cleaned.startswith(ROOT):
        path = cleaned.removeprefix(ROOT).lstrip("/")
        return Address(path or ".", _components(path), path)
    if variable := _VARIABLE.match(cleaned):  # what `os.path.expandvars` and shells fill in
        rest = cleaned[variable.end() :]
        return Address("", _components(rest), f"{{{variable[1] or variable[2]}}}{rest}")
    if cleaned.startswith(("/", "~")) or re.match(r"^[A-Za-z]:/", cleaned):
        return Address(cleaned, _components(cleaned), cleaned)
    if anchor is None:
        return Address("", _components(cleaned), f"{{directory}}/{cleaned}", is_result=True)
    if anchor and cleaned.startswith(f"{anchor}/"):
        anchor = ""  # the script is run from the root
    path = normal(f"{anchor}/{cleaned}" if anchor else cleaned)
    if path.startswith("../") and home:
        path = normal(f"{home}/{cleaned}")
    return Address(path or ".", _components(cleaned), cleaned)


def _template(parts: tuple[str | Gap, ...]) -> Address | None:
    shape = show(Template(parts)).replace("\\", "/")
    first, last = parts[0], parts[-1]
    is_result = isinstance(first, Gap) and first.cause in ("call", "loop", "literal")
    if not isinstance(last, str):
        return Address("", (), shape, is_result)
    tail = last.replace("\\", "/")
    components = _components(tail)
    if "/" not in tail:  # `{fold}.csv`: the name itself has a gap
        components = ()
    elif not tail.startswith("/"):
        components = components[1:]
    return Address("", components, shape, is_result)


def _components(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part not in ("", ".", ".."))


def is_distinctive(name: str) -> bool:
    """Whether a file name alone can identify data: long enough and not one of the names everybody uses."""
    stem, ending = splitext(name.removesuffix(".gz").lower())
    is_common = stem in _GENERIC or stem.rstrip("s") in _GENERIC or stem.isdecimal()
    return len(name) >= _FEWEST_LETTERS and bool(ending) and not is_common


def unify(a: Address, b: Address) -> Match:
    """The strongest level at which two addresses mean the same data."""
    if a.is_known and b.is_known:
        if a.path == b.path:
            return Match.EXACT
        if _is_mounted(a, b) or _is_mounted(b, a):
            return Match.NONE
        if _inside(a.path, b.path) or _inside(b.path, a.path):
            return Match.CONTAINS
    if a.is_remote != b.is_remote and a.is_known and b.is_known:
        return Match.NONE
    if a.is_of_collection != b.is_of_collection or a.is_temporary or b.is_temporary:
        return Match.NONE
    if _is_inside(a) and _is_inside(b):
        return Match.NONE  # two places in the project are two files, whatever their names
    if _start_apart(a, b):
        return Match.NONE
    if a.tail and b.tail:
        short, long = sorted((a.tail, b.tail), key=len)
        if len(short) >= 2 and long[-len(short) :] == short and not _contradict(a, b):
            return Match.SUFFIX
        if a.is_known and b.is_known:
            return Match.NONE
        if a.tail[-1] == b.tail[-1] and len(short) == 1 and is_distinctive(a.tail[-1]) and not _contradict(a, b):
            return Match.NAME
    if not a.is_known and not b.is_known and a.shape == b.shape and says_enough(a):
        return Match.TEMPLATE
    return Match.NONE


def _is_inside(address: Address) -> bool:
    """Whether it is known where in the project an address is."""
    return address.is_known and not (_is_absolute(address.path) or address.path.startswith(("~", "..")))


def _is_mounted(a: Address, b: Address) -> bool:
    """Whether one is on a disk that a machine mounts beside the project, and the other lies in the project."""
    return _is_inside(a) and bool(_MOUNTED.match(b.path))


def _start_apart(a: Address, b: Address) -> bool:
    """Whether what is known before the first gap already leads elsewhere: `runs/{id}/m.json` is no `models/m.json`.

    A relative one starts where its program works: it may stand anywhere inside the other.
    """
    if a.is_known and b.is_known:
        return False
    one, other = _start(a), _start(b)
    if not one or not other or ".." in one + other:
        return False
    if _is_absolute(a.shape) and _is_absolute(b.shape):
        shared = min(len(one), len(other))
        return one[:shared] != other[:shared]
    if _is_absolute(a.shape) or _is_absolute(b.shape):
        return False
    return not (_overlap(one, other) or _overlap(other, one))


def _overlap(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    """Whether directories may begin somewhere inside others."""
    return any(inner[: len(outer) - offset] == outer[offset:][: len(inner)] for offset in range(len(outer)))


def _start(address: Address) -> tuple[str, ...]:
    """The directories of an address before its first gap."""
    written = address.path or address.shape
    head = written.partition("{")[0]
    return tuple(part for part in head.rpartition("/")[0].split("/") if part not in ("", "."))


def _contradict(a: Address, b: Address) -> bool:
    """Whether two known paths with a common end are surely different: both absolute, or both relative with
    different directories in front of the common part."""
    if not (a.is_known and b.is_known):
        return False
    if _is_absolute(a.path) and _is_absolute(b.path):
        return True
    if a.is_remote or b.is_remote:
        return True
    directories = dirname(a.path), dirname(b.path)
    return (
        len(a.tail) > 1
        and len(b.tail) > 1
        and not (directories[0].endswith(directories[1]) or directories[1].endswith(directories[0]))
    )


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or bool(re.match(r"^[A-Za-z]:/", path)) or bool(_SCHEME.match(path))


def is_platform_mount(address: Address) -> bool:
    """Whether the data lies where a platform mounts it (`/kaggle/input`, `/opt/ml`, …)."""
    return address.shape.startswith(_PLATFORM)


def _inside(inner: str, outer: str) -> bool:
    """Whether a path lies in a directory; a file is no directory, and the root holds everything."""
    return outer not in ("", ".", "/") and inner.startswith(f"{outer}/") and "." not in basename(outer)


def says_enough(address: Address) -> bool:
    """Whether a template identifies data: by the letters of its name, or by the directories it starts with.

    A name that everybody uses below what a function returns (`{get_path}/train.parquet`) does not.
    """
    directories, _, name = address.shape.rpartition("/")
    name = re.sub(r"\{[^}]*\}", "", name)
    stem = re.sub(r"[^A-Za-z]", "", splitext(name)[0])
    start = _components(directories.partition("{")[0])
    if address.is_temporary:
        return False
    if len(start) >= 2:
        return True
    common = splitext(name)[0].lower() in _GENERIC or not splitext(name)[1]
    is_any = address.is_result and len(address.tail) <= 1 and common
    return len(stem) >= _FEWEST_TEMPLATE_LETTERS and not is_any
