"""The rule `ambiguous-dot`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Rule, Severity, SourceFacts, facts, product_fix, written

_MAKERS = frozenset(
    {"numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full", "numpy.random.rand", "numpy.random.randn"}
)
_DEEPEST = 6


class AmbiguousDot(Rule):
    """`np.dot` multiplies matrices.

    `dot` does different things for vectors, matrices and stacks of them; `@` says that matrices are meant and works on
    stacks as one expects. Zhang et al. 2022 list it as "Matrix Multiplication API Misused". It is a matter of style, so
    that the rule is off unless it is selected.

    ## How to repair

    Write `A @ B`.

    ## Two matrices

    ```python title="project.py"
    import numpy as np

    A = np.zeros((3, 4))
    B = np.array([[1, 2], [3, 4], [5, 6], [7, 8]])
    C = np.dot(A, B)  # expect: ambiguous-dot
    D = A.dot(B)  # expect: ambiguous-dot
    E = np.dot(A, np.dot(B, np.eye(2)))  # expect: ambiguous-dot
    ```

    ## Fixed

    ```python title="project.py"
    import numpy as np

    A = np.zeros((3, 4))
    B = np.array([[1, 2], [3, 4], [5, 6], [7, 8]])
    C = A @ B
    D = A @ B
    E = A @ np.dot(B, np.eye(2))  # expect: ambiguous-dot
    ```

    ## Vectors, unknown shapes, other objects

    ```python title="project.py"
    import numpy as np

    a = np.zeros(3)
    A = np.zeros((3, 4))
    x = np.dot(a, A)
    y = np.dot(A, b)
    z = table.dot(A)
    w = np.dot(np.ones(shape), A)
    ```

    ## Said clearly

    ```python title="project.py"
    import numpy as np

    C = np.zeros((3, 4)) @ np.zeros((4, 2))
    ```

    ## Sparse matrices

    ```python title="project.py"
    import numpy as np
    from scipy import sparse

    A = sparse.csr_matrix((3, 4))
    B = np.zeros((4, 2))
    C = A.dot(B)
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    default = False
    minutes = 1

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each `dot` of two operands that surely have two dimensions."""
        for site in project.calls("numpy.dot", "*.dot"):
            call, source = site.call, site.source
            if source.source.is_any(*self.skip_roles) or site.hides_arguments:
                continue
            if site.name == "numpy.dot":
                operands = call.args[:2]
            else:
                operands = (call.func.base, *call.args[:1]) if isinstance(call.func, facts.Attr) else ()
            if len(operands) == 2 and all(_is_matrix(source, operand) for operand in operands):
                shown = " @ ".join(written(operand) or "…" for operand in operands)
                yield self.finding(
                    site.location,
                    f"`dot` of two matrices: `{shown}` says what is meant",
                    scope=source.scope_name(call.block),
                    fix=product_fix(source, call),
                )


def _is_matrix(source: SourceFacts, expr: facts.Expr, depth: int = 0) -> bool:
    """Whether an expression surely is an array of two dimensions."""
    if depth > _DEEPEST:
        return False
    match expr:
        case facts.Ref(_, (binding,)) if binding >= 0:
            fact = source.facts.bindings[binding]
            return fact.kind == "assign" and not fact.path and _is_matrix(source, fact.value or expr, depth + 1)
        case facts.Called(index):
            call = source.facts.calls[index]
            if call.name in ("numpy.eye", "numpy.identity"):
                return True
            if call.name == "numpy.dot" and len(call.args) == 2:
                return all(_is_matrix(source, argument, depth + 1) for argument in call.args)
            if call.name in ("numpy.random.rand", "numpy.random.randn"):
                return len(call.args) == 2 and not call.keywords
            if call.name in _MAKERS and call.args:
                return isinstance(call.args[0], facts.Seq) and len(call.args[0].items) == 2
            rows = call.args[0] if call.name in ("numpy.array", "numpy.asarray") and call.args else None
            return isinstance(rows, facts.Seq) and bool(rows.items) and all(
                isinstance(row, facts.Seq) and row.items and not any(isinstance(i, facts.Seq) for i in row.items)
                for row in rows.items
            )  # fmt: skip
        case facts.Attr(base, "T"):
            return _is_matrix(source, base, depth + 1)
    return False
