"""What is said about how long switches are wanted: in contracts, and by dates in their names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mldebt.declarations.contracts import settings_at
from mldebt.facts import Attr, Compare, Const, Expr, Item, Logic, Ref, Unary
from mldebt.project.source_facts import SourceFacts
from mldebt.source import Location

if TYPE_CHECKING:
    from mldebt.project.project import Project

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATED = re.compile(
    r"(?=.*(?:^|_)(?:exp|experiment|ab|abtest|trial|pilot|campaign|promo|rollout|variant|hack|temp|tmp)(?:_|\d|$))"
    r".*?(?<!\d)(?P<year>20\d\d)(?:_?q(?P<quarter>[1-4])|_?(?P<month>0[1-9]|1[0-2])"
    r"(?:_?(?:0[1-9]|[12]\d|3[01]))?)?(?!\d)",
    re.IGNORECASE,
)
_BRANCHES = frozenset({"if", "ternary", "while"})


class WantedFlag(NamedTuple):
    """A `[[contract.flag]]`: somebody wants the switch, until a day if one is given."""

    name: str
    expires: date | None
    location: Location


class DatedFlag(NamedTuple):
    """A switch with a date in its name, the last day of what the date names, and the branches that ask for it."""

    name: str
    until: date
    places: tuple[Location, ...]


def contracts_of(project: Project) -> Mapping[str, WantedFlag]:
    """The flags with a contract, by name."""
    found: dict[str, WantedFlag] = {}
    for listed in settings_at(project, "contract", "flag"):
        for flag in listed.children():
            name, expires = flag.get("name"), flag.get("expires")
            if name is not None and name.text:
                day = last_day(expires.text) if expires is not None else None
                place = expires.location if expires is not None else name.location
                found.setdefault(name.text, WantedFlag(name.text, day, place))
    return found


def is_wanted(project: Project, name: str) -> bool:
    """Whether a contract wants a switch today; `name` may be dotted."""
    flag = project.wanted_flags.get(name) or project.wanted_flags.get(name.rpartition(".")[2])
    return flag is not None and (flag.expires is None or flag.expires >= project.today)


def last_day(text: str) -> date | None:
    """The last day of what a text names (`2024-05-01`, `2024-05`, `May 2024`); None if there is no such day."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    month = next((n for n, name in enumerate(_MONTHS, start=1) if text.lower().startswith(name)), 0)
    if not numbers:
        return None
    year, rest = (numbers[0], [month]) if month else (numbers[0], numbers[1:])
    try:
        if len(rest) > 1:
            return date(year, rest[0], rest[1])
        return _end_of_month(year, rest[0]) if rest else date(year, 12, 31)
    except ValueError:
        return None


def dated_flags(source: SourceFacts) -> Iterator[DatedFlag]:
    """The switches of a source that carry a date and guard code, by their first branch."""
    found: dict[str, list[Location]] = defaultdict(list)
    for block in source.facts.blocks:
        if block.kind in _BRANCHES and block.test is not None:
            for name in {name: None for name in _asked(block.test) if "20" in name}:
                if _DATED.match(name):
                    found[name].append(source.location(block.span))
    for name, places in found.items():
        match = _DATED.match(name)
        if match is not None:
            month = int(match["month"] or 0) or 3 * int(match["quarter"] or 4)
            yield DatedFlag(name, _end_of_month(int(match["year"]), month), tuple(places))


def _asked(test: Expr) -> Iterator[str]:
    """The names whose truth, or whose equality with a constant, decides a test."""
    match test:
        case Unary("not", operand):
            yield from _asked(operand)
        case Logic(_, items):
            for item in items:
                yield from _asked(item)
        case Compare("==" | "!=", left, Const()):
            yield from _asked(left)
        case Ref(name) | Attr(_, name) | Item(_, Const(str() as name)):
            yield name


def _end_of_month(year: int, month: int) -> date:
    following = date(year, month, 28) + timedelta(days=4)
    return following - timedelta(days=following.day)
