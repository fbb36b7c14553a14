"""The rule `call-of-nothing`."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, SourceFacts, facts, walk

_KNOWN = frozenset(dir(builtins)) | {"get_ipython", "display", "reveal_type", "unicode", "xrange", "raw_input", "spark",
                                     "dbutils", "sc", "sqlContext", "WindowsError", "snakemake"}  # fmt: skip
_REWRITES = frozenset({"exec", "eval", "globals", "locals", "vars", "__import__", "setattr"})


class CallOfNothing(Rule):
    """A function calls a name that nothing defines: it cannot have been run since that was removed.

    What it calls was renamed or deleted together with an experiment, and nobody noticed, because nobody runs it.
    Sculley et al. 2015, section 5 (Dead Experimental Codepaths).

    ## How to repair

    Delete the function, or call what there is now.

    ## A helper of an earlier version

    ```python title="nodes.py"
    def last_index(rows, splits):
        parts = split_rows(rows, splits)  # expect: call-of-nothing
        return parts["train"].index[-1]
    ```

    ## Defined here, imported, or builtin

    ```python title="nodes.py"
    from steps import split_rows
    def clean(rows):
        return sorted(rows)
    def last_index(rows, splits):
        return clean(split_rows(rows, splits))
    ```

    ## It may come from anywhere: a star, a name that is set by other means, a test for it

    ```python title="nodes.py"
    from steps import *
    def last_index(rows, splits):
        return split_rows(rows, splits)
    ```

    ```python title="other.py"
    def load():
        globals().update(settings)
    def run(rows):
        return tune(rows)
    ```

    ```python title="both.py"
    def text(value):
        try:
            return unichr(value)
        except NameError:
            return chr(value)
    ```

    ## What a decorator puts there

    ```python title="tools.py"
    @tool(dependencies=["split_rows"], imports=["json"])
    def last_index(rows):
        return split_rows(rows)["train"].index[-1]
    ```
    """

    profile = Profile.AUDIT
    minutes = 10
    gathers = True
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.NOTEBOOK}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each function that does so."""
        for source in self.sources(project, Kind.PYTHON):
            if source.star_modules or source.facts.header.problems:
                continue
            unknown = [call for call in source.facts.calls if not call.name and _is_unknown(call.func)]
            if not unknown or any(call.name in _REWRITES for call in source.facts.calls):
                continue
            found: dict[str, list[facts.Call]] = {}
            injected = _texts_of_decorators(source)
            for call in unknown:
                function = source.scope_name(call.block)
                if function and _is_nothing(source, call, injected):
                    found.setdefault(function, []).append(call)
            for function, (first, *others) in found.items():
                assert isinstance(first.func, facts.Ref)
                yield self.finding(
                    source.location(first.span),
                    f"`{function}` calls `{first.func.name}`, which nothing defines: it cannot have been run",
                    related=[
                        Related(source.location(call.span), "nor is what this calls defined") for call in others
                    ],
                    scope=function,
                )


def _texts_of_decorators(source: SourceFacts) -> frozenset[str]:
    """The names that decorators are given as texts: what they put into the function's namespace."""
    found: set[str] = set()
    for function in source.facts.functions:
        for decorator in function.decorators:
            arguments: list[facts.Expr] = []
            if isinstance(decorator, facts.Called):
                call = source.facts.calls[decorator.call]
                arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            parts = (part for argument in arguments for part in walk(argument))
            found.update(
                part.value for part in parts if isinstance(part, facts.Const) and isinstance(part.value, str)
            )
    return frozenset(found)


def _is_unknown(func: facts.Expr) -> bool:
    """Whether what is called is a plain name that its own scope does not bind."""
    return type(func) is facts.Ref and not func.bindings and func.name not in _KNOWN


def _is_nothing(source: SourceFacts, call: facts.Call, injected: frozenset[str]) -> bool:
    """Whether what is called, a plain name, is bound by no scope of the file."""
    func = call.func
    if not isinstance(func, facts.Ref) or func.name in injected:
        return False
    if source.enclosing(call.block, "try", "except", "if", "class") is not None:
        return False
    return not any(binding.name == func.name for binding in source.facts.bindings)
