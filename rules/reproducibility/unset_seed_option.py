"""The rule `unset-seed-option`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Option, Profile, Project, Role, Rule, Severity, SourceFacts, facts

_SEED = re.compile(r"(random_?|manual_?|global_?|rng_?|np_?|torch_?)?(seed|random_state)$", re.IGNORECASE)


class UnsetSeedOption(Rule):
    """A program has an option for the seed, and without it nothing is seeded.

    The run that everybody starts first, the one of the README, then cannot be repeated; whoever wants to repeat it
    has to know of the option beforehand. Zhang et al. 2022 (smell "Randomness Uncontrolled"); Sculley et al. 2015,
    section 6: it should be hard to make omissions in a configuration.

    ## How to repair

    Give the option a number as default; who wants another result in each run can still say so.

    ## No default, or none

    ```python title="train.py"
    import argparse
    import torch

    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=None)  # expect: unset-seed-option
    args = parser.parse_args()
    if args.seed is not None:
        torch.manual_seed(args.seed)
    torch.nn.Linear(3, 2)
    ```

    ```python title="search.py"
    import argparse
    import random

    parser = argparse.ArgumentParser()
    parser.add_argument("--random-seed", type=int)  # expect: unset-seed-option
    args = parser.parse_args()
    if args.random_seed:
        random.seed(args.random_seed)
    ```

    ## A number, a must, a seed that is drawn and kept

    ```python title="train.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data-seed", type=int, required=True)
    start(parser.parse_args())
    ```

    ```python title="fit.py"
    import argparse
    import random

    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()
    if args.seed is None:
        args.seed = random.randint(1, 10000)
    random.seed(args.seed)
    ```

    ## A default that stands elsewhere

    ```python title="train.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    parser.set_defaults(seed=3)
    start(parser.parse_args().seed)
    ```

    ```python title="other.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()
    start(seed=args.seed or 42)
    ```

    ```python title="given.py"
    import argparse, yaml

    parser = argparse.ArgumentParser()
    parser.add_argument("--config")
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()
    config = yaml.safe_load(open(args.config))
    config.update({key: value for key, value in vars(args).items() if value is not None})
    start(**config)
    ```
    """

    severity = Severity.WARNING
    profile = Profile.AUDIT
    minutes = 2

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each such option whose value is only looked at where it seeds."""
        for options in project.options.by_source.values():
            for option in options:
                if option.source.source.is_any(*self.skip_roles) or not _SEED.fullmatch(option.dest):
                    continue
                if _has_no_default(option) and not _is_set_elsewhere(project, option):
                    yield self.finding(
                        option.location,
                        f"without the option `{option.name}` nothing is seeded: its default is none",
                        severity=Severity.INFO if option.source.source.is_any(Role.TUTORIAL) else None,
                    )


def _has_no_default(option: Option) -> bool:
    """Whether an option may be left out and is none then."""
    if option.framework not in ("argparse", "click") or option.is_positional or option.action != "store":
        return False
    required, default = option.keyword("required"), option.keyword("default")
    if required is not None and required != facts.Const(False):
        return False
    return default is None or default == facts.Const(None)


def _is_set_elsewhere(project: Project, option: Option) -> bool:
    """Whether the code gives the option another value, or hands all options on to something that may."""
    source = option.source
    if option.framework == "click":
        return any(s.name == option.dest and s.kind == "assign" for s in source.facts.bindings)
    for store in source.facts.stores:
        if isinstance(store.target, facts.Attr) and store.target.name == option.dest:
            return True
    for call in source.facts.calls:
        named = any(keyword.name == option.dest for keyword in call.keywords)
        if isinstance(call.func, facts.Attr) and call.func.name == "set_defaults" and named:
            return True
        method = call.func.name if isinstance(call.func, facts.Attr) else ""
        if method == "_get_kwargs" or (call.name in ("vars", "builtins.vars") and _are_options(source, call)):
            return True
    return not _only_tested(source.facts, option.dest)


def _are_options(source: SourceFacts, call: facts.Call) -> bool:
    """Whether `vars` is asked of what a parser returned, or of something unknown."""
    given = call.args[0] if call.args else None
    if not isinstance(given, facts.Ref) or not given.bindings:
        return not isinstance(given, facts.Ref)
    values = [source.facts.bindings[i].value for i in given.bindings if i >= 0]
    return any(
        isinstance(value, facts.Called)
        and getattr(source.facts.calls[value.call].func, "name", "").startswith("parse_")
        for value in values
    )


def _only_tested(everything: facts.Facts, dest: str) -> bool:
    """Whether the seed's value is tested somewhere, and never stands beside another one (`args.seed or 42`)."""
    tested = False
    for block in everything.blocks:
        if block.kind in ("if", "ternary") and block.test is not None:
            tested = tested or _mentions(block.test, dest)
    exprs = [
        *(a for c in everything.calls for a in (*c.args, *(k.value for k in c.keywords))),
        *(b.value for b in everything.bindings),
        *(s.value for s in everything.stores),
    ]
    beside = any(isinstance(expr, facts.Logic) and _mentions(expr, dest) for expr in exprs)
    return tested and not beside


def _mentions(expr: facts.Expr, dest: str) -> bool:
    if isinstance(expr, facts.Attr) and expr.name == dest:
        return True
    if isinstance(expr, facts.Compare):
        return _mentions(expr.left, dest) or _mentions(expr.right, dest)
    if isinstance(expr, facts.Logic):
        return any(_mentions(item, dest) for item in expr.items)
    if isinstance(expr, facts.Unary):
        return _mentions(expr.operand, dest)
    return isinstance(expr, facts.Ref) and expr.name == dest
