"""The rule `boolean-option`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from mldebt import Finding, Option, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts

_FIRST_SHOWN = 6


class BooleanOption(Rule):
    """A command-line option is read as a Boolean in a way that takes `False` for true.

    `type=bool` calls `bool("False")`, and every text but the empty one is true: the run that was to go without
    the option went with it, and its record says the opposite. `text in ("true")` has the same effect from the other
    side: the parentheses make no tuple, so that each part of the word, and no text at all, is true. Sculley et al.
    2015, section 6: it should be hard to make manual errors in a configuration.

    ## How to repair

    `action="store_true"`, or `action=argparse.BooleanOptionalAction` for an option that can also be switched off;
    `text == "true"`, or a comma: `text in ("true",)`.

    ## The type of an option

    ```python title="train.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--augment", type=bool, default=True)  # expect: boolean-option
    parser.add_argument("--resume", type=bool, default=False)
    ```

    ## A function that reads Booleans

    ```python title="train.py"
    import argparse

    def str2bool(text):
        return text.lower() in ("true")  # expect: boolean-option

    parser = argparse.ArgumentParser()
    parser.add_argument("--augment", type=str2bool, default=True)
    ```

    ## Words in a tuple, other types, other libraries

    ```python title="train.py"
    import argparse

    def str2bool(text):
        return text.lower() in ("true", "yes", "1")

    def one(text):
        return text in ("true",)

    parser = argparse.ArgumentParser()
    parser.add_argument("--augment", type=str2bool, default=True)
    parser.add_argument("--resume", type=one)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--cache", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--note", type=lambda text: text.lower() == "true")
    ```

    ```python title="serve.py"
    import click

    @click.command()
    @click.option("--debug", type=bool)
    def main(debug):
        print(debug)
    ```

    ## A search in a text, and a function of the same name

    ```python title="find.py"
    import argparse

    def bool(text):
        return text == "true"

    def mentions(text):
        return text.lower() in "true or false"

    parser = argparse.ArgumentParser()
    parser.add_argument("--augment", type=bool)
    ```
    """

    severity = Severity.ERROR
    profile = Profile.HOOK
    minutes = 5
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for the Boolean options of each file, and one for each function that reads them wrongly."""
        for options in project.options.by_source.values():
            source = options[0].source
            parsed = [option for option in options if option.framework == "argparse"]
            if source.source.is_any(*self.skip_roles) or not parsed:
                continue
            wrong = [option for option in parsed if _is_bool(option.keyword("type"))]
            if wrong:
                yield self._finding(source, wrong)
            types = {t.bindings for option in parsed if isinstance(t := option.keyword("type"), facts.Ref)}
            yield from self._readers(source, {binding for bindings in types for binding in bindings})

    def _finding(self, source: SourceFacts, options: list[Option]) -> Finding:
        first, *others = options
        names = ", ".join(f"`{option.name}`" for option in options[:_FIRST_SHOWN])
        return self.finding(
            first.location,
            f"`type=bool` takes every text but the empty one for true, so `False` switches on {names}",
            related=[Related(option.location, f"`{option.name}`, too") for option in others],
            severity=Severity.WARNING if source.source.is_any(Role.TUTORIAL) else None,
            scope=first.dest,
        )

    def _readers(self, source: SourceFacts, types: set[int]) -> Iterator[Finding]:
        """A finding for each function that is the type of an option, and looks for the text in a word."""
        readers = {
            function.block: function.name for function in source.facts.functions if function.binding in types
        }
        for result in source.facts.returns if readers else ():
            name = readers.get(source.scope_of(result.block))
            test = result.value
            if name and isinstance(test, facts.Compare) and test.operator == "in" and _is_word(test.right):
                yield self.finding(
                    source.location(result.span),
                    f"`{name}` looks for the text in the word `{test.right.value}`, each part of which is true then",
                    scope=name,
                )


def _is_bool(kind: facts.Expr | None) -> bool:
    return isinstance(kind, facts.Ref) and kind.name == "bool" and not kind.bindings


def _is_word(expr: facts.Expr) -> TypeGuard[facts.Const]:
    return isinstance(expr, facts.Const) and isinstance(expr.value, str) and expr.value.isalpha()
