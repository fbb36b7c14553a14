"""The rule `dispatch-without-default`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Dispatch, Finding, Kind, Profile, Project, Related, Role, Rule, facts, walk

_FEWEST_BRANCHES = 2


class DispatchWithoutDefault(Rule):
    """A chain of names selects what is built, and a name that is not in it selects nothing.

    With a typing error in the configuration, or with the name of a new model, the variable is never set, and the
    run fails later with an `UnboundLocalError` that does not say what is wrong. Sculley et al. 2015, section 5
    (Abstraction Debt): there is no abstraction for what is selected, so that each place invents its own.

    ## How to repair

    Look the name up in one table, or end the chain with `else: raise ValueError(name)`.

    ## A model by its name

    ```python title="train.py"
    from sklearn.ensemble import RandomForestClassifier
    from xgboost import XGBClassifier

    def train(kind, X, y):
        if kind == "forest":  # expect: dispatch-without-default
            model = RandomForestClassifier()
        elif kind == "xgb":
            model = XGBClassifier()
        return model.fit(X, y)
    ```

    ## The name is replaced by what it selects

    ```python title="loader.py"
    from torch.utils.data import DataLoader

    def loader(dataset, path):
        if dataset == "faces":  # expect: dispatch-without-default
            dataset = Faces(path)
        elif dataset == "leaves":
            dataset = Leaves(path)
        return DataLoader(dataset=dataset)
    ```

    ## There is an else; the variable has a value before; the branches leave the function

    ```python title="train.py"
    def with_else(kind, X):
        if kind == "forest":
            model = Forest()
        elif kind == "xgb":
            model = Boosted()
        else:
            raise ValueError(kind)
        return model.fit(X)

    def with_value(kind, X):
        model = Linear()
        if kind == "forest":
            model = Forest()
        elif kind == "xgb":
            model = Boosted()
        return model.fit(X)

    def leaving(kind, X):
        if kind == "forest":
            model = Forest()
            return model.fit(X)
        elif kind == "xgb":
            model = Boosted()
            return model.fit(X)
    ```

    ## Checked before, by hand, by the parser or by the type

    ```python title="train.py"
    import argparse
    from typing import Literal
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=["forest", "xgb"])
    args = parser.parse_args()
    def parsed(X):
        if args.model == "forest":
            model = Forest()
        elif args.model == "xgb":
            model = Boosted()
        return model.fit(X)
    def checked(kind, X):
        if kind not in ("forest", "xgb"):
            raise ValueError(kind)
        if kind == "forest":
            model = Forest()
        elif kind == "xgb":
            model = Boosted()
        return model.fit(X)
    def typed(kind: Literal["forest", "xgb"], X):
        if kind == "forest":
            model = Forest()
        elif kind == "xgb":
            model = Boosted()
        return model.fit(X)
    ```
    """

    profile = Profile.AUDIT
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each chain that can leave a variable without a value."""
        for dispatch in project.dispatches:
            source = dispatch.source
            if dispatch.subject is None or dispatch.otherwise >= 0 or len(dispatch.branches) < _FEWEST_BRANCHES:
                continue
            if source.source.is_any(*self.skip_roles) or source.kind is not Kind.PYTHON:
                continue
            bound = _bound_by_all(dispatch)
            if not bound or not any(dispatch.built()) or _is_checked(project, dispatch):
                continue
            start = dispatch.location.span.line
            for use in source.facts.uses:
                if use.span.line <= start:
                    continue
                root = next((p for p in walk(use.expr) if isinstance(p, facts.Ref) and p.bindings), None)
                name = root.name if root is not None else ""
                if name in bound and root is not None and bound[name].issuperset(root.bindings):
                    inside = any(b.block in source.ancestors(use.block) for b in dispatch.branches)
                    if not inside:
                        yield self._finding(dispatch, name, source.location(use.span))
                        break

    def _finding(self, dispatch: Dispatch, name: str, use: object) -> Finding:
        keys = ", ".join(f"`{key}`" for branch in dispatch.branches for key in branch.keys[:1])
        related = [Related(use, f"`{name}` is used here")]  # type: ignore[arg-type]
        return self.finding(
            dispatch.location,
            f"`{name}` {'stays a name' if name == dispatch.name else 'has no value'} if `{dispatch.name}` is none of "
            f"{keys}",
            related=related,
            scope=dispatch.source.scope_name(dispatch.block),
        )


def _bound_by_all(dispatch: Dispatch) -> dict[str, frozenset[int]]:
    """The names that all branches bind, and nothing before them, with the bindings."""
    source = dispatch.source
    scope = source.bindings_by_scope.get(dispatch.scope, {})
    content = source.facts
    blocks = {branch.block for branch in dispatch.branches}
    found = {}
    for name, indexes in scope.items():
        if len(indexes) < len(dispatch.branches):
            continue
        mine = {i for i in indexes if content.bindings[i].block in blocks}
        bound_in = {content.bindings[i].block for i in mine}
        if len(bound_in) < len(dispatch.branches):
            continue
        first = min(content.bindings[i].span.line for i in mine)
        others = [content.bindings[i] for i in indexes if i not in mine]
        if all(b.kind not in ("global", "parameter") and b.span.line > first for b in others):
            found[name] = frozenset(mine)
        elif name == dispatch.name and [b.kind for b in others] == ["parameter"]:
            found[name] = frozenset(indexes)  # what the name selects takes its place, or the name itself stays
    return found


def _is_checked(project: Project, dispatch: Dispatch) -> bool:
    """Whether something before the chain, the parser or the annotation refuses other names."""
    content = dispatch.source.facts
    root = next((p for p in walk(dispatch.subject) if isinstance(p, facts.Ref)), None)
    for index in root.bindings if root is not None else ():
        if index >= 0 and content.bindings[index].annotation.rpartition(".")[2].startswith("Literal["):
            return True
    last = dispatch.subject.name if isinstance(dispatch.subject, facts.Ref | facts.Attr) else ""
    for options in project.options.by_source.values():
        if any(option.dest == last and option.choices is not None for option in options):
            return True
    tests = [(b.test, b.span.line) for b in content.blocks] + [
        (c.comparison, c.span.line) for c in content.conditions
    ]
    return any(
        isinstance(part, facts.Compare) and part.operator in ("in", "not in") and part.left == dispatch.subject
        for test, line in tests
        if line < dispatch.location.span.line
        for part in walk(test)
    )
