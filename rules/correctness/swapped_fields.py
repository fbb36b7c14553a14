"""The rule `swapped-fields`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, Span, facts


class SwappedFields(Rule):
    """Two fields are read under each other's names.

    Each of them exists, so nothing fails; the model only gets the reading score where it learned the writing score.
    In training the columns come from the table, in the service from these lines. Breck et al. 2017 (ML Test Score,
    monitoring 3): training and serving compute the same features.

    ## How to repair

    Read each field under its own name.

    ## Arguments of a call, names, keys

    ```python title="app.py"
    from flask import request

    def predict():
        row = Row(
            gender=request.form.get("gender"),
            reading_score=float(request.form.get("writing_score")),  # expect: swapped-fields
            writing_score=float(request.form.get("reading_score")),
        )
        width = request.args["height"]  # expect: swapped-fields
        height = request.args["width"]
        return row, width, height
    ```

    ## Each under its own name, one renamed, a deliberate exchange

    ```python title="app.py"
    from flask import request

    def predict():
        row = Row(
            reading_score=float(request.form.get("reading_score")),
            writing_score=float(request.form.get("writing_score")),
        )
        first = request.args["a"]
        second = request.args["first"]
        start, end = row.end, row.start
        return row, first, second, start, end
    ```

    ## In different functions

    ```python title="app.py"
    def one(form):
        width = form["height"]
        return width

    def other(form):
        height = form["width"]
        return height
    ```
    """

    severity = Severity.ERROR
    profile = Profile.CI
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each pair, at the first of the two."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            groups: dict[tuple[str, int], dict[str, tuple[str, Span]]] = {}
            for index, call in enumerate(source.facts.calls):
                for keyword in call.keywords if len(call.keywords) > 1 else ():
                    read = _read(source, keyword.value)
                    if read is not None:
                        groups.setdefault(("call", index), {})[keyword.name] = (read[0], read[1] or call.span)
            for binding in source.facts.bindings:
                read = _read(source, binding.value) if binding.kind == "assign" and not binding.path else None
                if read is not None:
                    groups.setdefault(("scope", binding.block), {})[binding.name] = (read[0], binding.span)
            for found in groups.values():
                for name, (field, span) in found.items():
                    other = found.get(field)
                    if field != name and other is not None and other[0] == name and span < other[1]:
                        yield self.finding(
                            source.location(span),
                            f"`{name}` is read from `{field}`, and `{field}` from `{name}`",
                            related=[Related(source.location(other[1]), f"`{field}`")],
                            severity=Severity.WARNING if source.source.is_any(Role.TUTORIAL) else None,
                        )


def _read(source: SourceFacts, value: facts.Expr | None) -> tuple[str, Span | None] | None:
    """The name of the field that an expression is read from, with the place of the call: `float(form.get("x"))`."""
    if type(value) is not facts.Called and type(value) is not facts.Item:
        return None  # as mostly
    place: Span | None = None
    for _ in range(3):
        match value:
            case facts.Called(index):
                call = source.facts.calls[index]
                place = call.span
                if (
                    isinstance(call.func, facts.Attr)
                    and call.func.name in ("get", "getlist", "pop")
                    and call.args
                ):
                    value = facts.Item(call.func.base, call.args[0])
                elif len(call.args) == 1 and call.name in ("float", "int", "str", "bool"):
                    value = call.args[0]
                else:
                    return None
            case facts.Item(_, facts.Const(str() as field)):
                return (field, place) if field.isidentifier() else None
            case _:
                return None
    return None
