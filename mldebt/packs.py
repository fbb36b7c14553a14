"""Packs: directories of rules. One file is one rule, its folder names the kind of debt; there is no registry.

Finding rules only lists directories; a rule's file is imported when the rule is wanted. A directory is opened
as a package (`mldebt.rules` for the built-in pack), so rules may import helpers whose names start with `_`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Literal, NamedTuple

from mldebt.finding import Profile
from mldebt.rule import BrokenRuleError, Rule

Origin = Literal["built-in", "installed", "local"]
_PROFILE = re.compile(r"^ +profile\b[^=\n]*=\s*(?:Profile\.)?(\w+)", re.MULTILINE)
_PLAIN_RULE = re.compile(r"^class \w+\(Rule\):", re.MULTILINE)
_FILE_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*$")


class RuleFile(NamedTuple):
    """A rule before its file is read. `package` is the dotted name of the folder that holds the file."""

    id: str
    debt: str
    file: Path
    package: str
    origin: Origin

    def load(self) -> type[Rule]:
        """The rule's class, with its id and debt filled in. Raises BrokenRuleError."""
        if self.file.suffix == ".yaml":
            from mldebt.declarative import load_declaration

            rule = load_declaration(self.file)
        else:
            rule = self._import()
        rule.id, rule.debt = self.id, self.debt
        return rule

    def written_profile(self) -> Profile | None:
        """The profile that the file's text gives its rule, without running it; None where the class must tell.

        Most rules of a hook's run are left out by their profile, and importing them would take longer than the run.
        """
        if self.file.suffix != ".py":
            return None
        try:
            text = self.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        named = _PROFILE.findall(text)
        if len(named) == 1 and named[0] in Profile.__members__:
            return Profile[named[0]]
        return Rule.profile if not named and len(_PLAIN_RULE.findall(text)) == 1 else None

    def _import(self) -> type[Rule]:
        try:
            module = import_module(f"{self.package}.{self.file.stem}")
        except Exception as error:  # whatever a rule's module does costs that rule alone
            raise BrokenRuleError(f"cannot be imported: {type(error).__name__}: {error}") from error
        classes = [
            item
            for name, item in vars(module).items()
            if isinstance(item, type)
            and issubclass(item, Rule)
            and item.__module__ == module.__name__
            and not name.startswith("_")
        ]
        if len(classes) != 1:
            raise BrokenRuleError(f"must define one Rule, it defines {len(classes)}")
        return classes[0]


class BrokenRule(NamedTuple):
    """A rule that cannot be used, and why."""

    id: str
    file: Path
    message: str


class Packs:
    """All rules that were found, by id."""

    def __init__(self, files: Iterable[RuleFile]) -> None:
        self.broken: list[BrokenRule] = []
        found: dict[str, RuleFile] = {}
        for rule in files:
            if not _FILE_NAME.match(rule.file.stem):
                message = "its file name must be lower-case words joined by underscores"
                self.broken.append(BrokenRule(rule.id, rule.file, message))
            elif rule.id in found:
                message = f"has the id of another rule, {found[rule.id].file}"
                self.broken.append(BrokenRule(rule.id, rule.file, message))
            else:
                found[rule.id] = rule
        self.files: Mapping[str, RuleFile] = dict(sorted(found.items()))

    @property
    def debts(self) -> list[str]:
        """The kinds of debt that have rules, sorted."""
        return sorted({rule.debt for rule in self.files.values()})


def find_packs(directories: Sequence[Path] = (), data_directories: Sequence[Path] = ()) -> Packs:
    """The rules of the built-in pack, of installed packs and of local directories.

    `directories` were named on the command line; `data_directories` by the analysed project's settings, whose
    YAML rules are data, while Python rules in them are refused: they would run code of that project.
    """
    files = [*_open(built_in_directory(), "mldebt.rules", "built-in")]
    for package, directory in _installed():
        files += _open(directory, package, "installed")
    named = [directory.resolve() for directory in directories]
    for directory in named:
        files += open_directory(directory)
    for directory in data_directories:
        if directory.resolve() not in named:
            files += _data_rules(directory)
    return Packs(files)


def open_directory(directory: Path) -> list[RuleFile]:
    """The rules below a local directory. Raises BrokenRuleError where there is none to read."""
    if not directory.is_dir():
        raise BrokenRuleError(f"{directory} is not a directory")
    directory, built_in = directory.resolve(), built_in_directory().resolve()
    if directory == built_in or built_in in directory.parents:
        rules = _open(built_in, "mldebt.rules", "built-in")
        return [rule for rule in rules if directory in rule.file.resolve().parents]
    return list(_open(directory, "mldebt_pack_" + re.sub(r"\W", "_", str(directory)), "local"))


def built_in_directory() -> Path:
    """Where the built-in rules are: inside the package when installed, next to it in a checkout."""
    package = Path(__file__).parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def kebab(name: str) -> str:
    """`glue_code` -> `glue-code`."""
    return name.replace("_", "-")


def _data_rules(directory: Path) -> list[RuleFile]:
    """The YAML rules of a directory. Raises BrokenRuleError if it holds Python rules."""
    rules = open_directory(directory)
    if python := [rule.file.name for rule in rules if rule.file.suffix == ".py"]:
        raise BrokenRuleError(
            f"{directory} holds Python rules ({', '.join(python[:3])}); they load only with --pack"
        )
    return rules


def _open(directory: Path, package: str, origin: Origin) -> Iterator[RuleFile]:
    """Make a directory importable as a package and list its rules, those of its folders included."""
    if not directory.is_dir():
        return
    if package not in sys.modules:
        module = ModuleType(package, "A pack of rules.")
        module.__path__ = [str(directory)]
        sys.modules[package] = module
    yield from _files(directory, package, origin)
    for folder in sorted(directory.iterdir()):
        if folder.is_dir() and not folder.name.startswith(("_", ".")):
            yield from _files(folder, f"{package}.{folder.name}", origin)


def _files(folder: Path, package: str, origin: Origin) -> Iterator[RuleFile]:
    for file in sorted(folder.iterdir()):
        if file.suffix in (".py", ".yaml") and not file.name.startswith(("_", ".")):
            yield RuleFile(kebab(file.stem), kebab(folder.name), file, package, origin)


def _installed() -> Iterator[tuple[str, Path]]:
    """Packages and directories that installed distributions name in the entry point group `mldebt.rules`."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    for entry in sorted(entry_points(group="mldebt.rules"), key=lambda entry: (entry.name, entry.value)):
        spec = find_spec(entry.value)
        if spec is None or not spec.submodule_search_locations:
            raise BrokenRuleError(f"the installed pack `{entry.name}` names no package: {entry.value}")
        yield entry.value, Path(next(iter(spec.submodule_search_locations)))
