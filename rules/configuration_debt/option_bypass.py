"""The rule `option-bypass`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Option, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts

_PLACE = re.compile(
    r"(^|_)(dir|directory|path|folder|root|location|dest|destination)($|_)|(dir|path|folder|root)$"
)
_WHERE = re.compile(r"(\./)?[\w-]{3,}[\w./-]*$")


class OptionBypass(Rule):
    """A path is written out although a command-line option of the program says where it is.

    Whoever gives the option believes that all output goes there, and part of it goes to the default place after all;
    or half of the input still comes from it. Sculley et al. 2015, section 6: it should be hard to make manual errors,
    omissions or oversights in a configuration.

    ## How to repair

    Build the path from the option.

    ## A helper that knows the default

    ```python title="main.py"
    import argparse
    from helpers import show

    parser = argparse.ArgumentParser()
    parser.add_argument("--sample-dir", default="samples")
    args = parser.parse_args()
    save(args.sample_dir + "/a.png")
    show()
    ```

    ```python title="helpers.py"
    def show():
        draw("./samples/last.png")  # expect: option-bypass
    ```

    ## Another program, another directory, and the declarations of options

    ```python title="main.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", default="data")
    parser.add_argument("--train-file", default="data/train.csv")
    args = parser.parse_args()
    load(args.data_dir, "database/all.csv", "raw/data/a.csv")
    ```

    ```python title="other.py"
    load("data/train.csv")
    ```

    ## A name that is no place

    ```python title="main.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="resnet")
    parser.add_argument("--root", default=".")
    load(parser.parse_args(), "resnet/weights.pt", "./weights.pt")
    ```
    """

    minutes = 10
    skip_roles = Rule.skip_roles | {Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that spells out the default of an option of its program."""
        places: dict[str, list[tuple[str, Option]]] = {}
        for option in project.options.all:
            default = option.default
            where = default.value if isinstance(default, facts.Const) else None
            if not isinstance(where, str) or not _PLACE.search(option.dest) or not _WHERE.match(where):
                continue
            if not option.source.source.is_any(*self.skip_roles):
                places.setdefault(option.source.path, []).append((_normal(where), option))
        for path, options in places.items():
            for reached in sorted(project.imports.reached_from(path) | {path}):
                source = project.source(reached)
                if (
                    source is not None
                    and source.kind is Kind.PYTHON
                    and not source.source.is_any(*self.skip_roles)
                ):
                    yield from self._in(source, options)

    def _in(self, source: SourceFacts, options: list[tuple[str, Option]]) -> Iterator[Finding]:
        for where, option in options:
            spans = [
                literal.span
                for literal in source.facts.literals
                if _normal(literal.value).startswith(f"{where}/") and not _declares(source, literal.span)
            ]
            if spans:
                yield self.finding(
                    source.location(spans[0]),
                    f"this path is below `{where}`, the default of `{option.name}`: the option does not move it",
                    related=[Related(option.location, f"`{option.name}`")]
                    + [Related(source.location(span), "and this one") for span in spans[1:10]],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                    scope=option.dest,
                )


def _normal(text: str) -> str:
    return text.strip().removeprefix("./").rstrip("/")


def _declares(source: SourceFacts, span: Span) -> bool:
    """Whether a text stands in the declaration of an option, or is a parameter's default."""
    return any(
        call.span.line <= span.line <= call.span.end_line
        and (
            getattr(call.func, "name", "") in ("add_argument", "option", "argument", "Option")
            or "DEFINE" in call.name
        )
        for call in source.facts.calls
    ) or any(
        source.facts.bindings[p.binding].span.line == span.line for f in source.facts.functions for p in f.params
    )
