from pathlib import Path

import pytest

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.source import Kind, Source

IMPORTS = """
import lab
from sklearn.model_selection import KFold, train_test_split
from sklearn.preprocessing import StandardScaler
"""


def project(text: str) -> Project:
    return Project(
        Path(), [(Source("a.py", Kind.PYTHON, Path("a.py")), extract(Kind.PYTHON, (IMPORTS + text).encode()))]
    )


def parts(text: str) -> set[str]:
    """The parts that the argument of the call `probe` belongs to."""
    found = project(text)
    site = next(found.calls("lab.probe"))
    return found.flow.trail(site.source, site.call.args[0], site.call.span.line).parts


def learned(text: str) -> list[list[str]]:
    """What was fitted on the rows of each split."""
    return [[fitted.what for fitted in split.trail.learned] for split in project(text).splits]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a, b = train_test_split(df)\nlab.probe(a)", {"train"}),
        ("a, b = train_test_split(df)\nlab.probe(b.drop(columns=['y']).values)", {"test"}),
        ("a, b, c, d = train_test_split(X, y)\nlab.probe(d)", {"test", "target"}),
        ("for i, (a, b) in enumerate(KFold(3).split(X)):\n    lab.probe(X.iloc[b])", {"test"}),
        ("folds = KFold(3).split(X)\nfor a, b in folds:\n    rows = X[a]\n    lab.probe(rows)", {"train"}),
        ("_, few = next(KFold(3).split(X))\nlab.probe(X.iloc[few])", set()),
        ("def cut(df):\n    return train_test_split(df)\na, b = cut(df)\nlab.probe(b)", {"test"}),
        ("def show(rows):\n    lab.probe(rows)\na, b = train_test_split(df)\nshow(b)", {"test"}),
        ("lab.probe(load())", set()),
        ("a, b = train_test_split(df)\nlab.probe(model.predict(b))", set()),
    ],
)
def test_parts(text: str, expected: set[str]) -> None:
    assert parts(text) == expected


def test_what_is_fitted_before_a_split_is_on_its_trail() -> None:
    assert learned("X = StandardScaler().fit_transform(X)\ntrain_test_split(X, y)") == [["StandardScaler"]]
    assert learned("s = StandardScaler()\ns.fit(X)\nZ = s.transform(X)\ntrain_test_split(Z, y)") == [
        ["StandardScaler"]
    ]


def test_own_folds_kept_under_names_hold_rows_out() -> None:
    folds = "folds = {}\nfor i in range(3):\n    folds[i] = {'train': slice(0, i), 'val': slice(i, 9)}\n"
    cut = "for i in folds:\n    df_train = Z[folds[i]['train']]\n    model.fit(df_train)"
    assert learned(f"{folds}s = StandardScaler().fit(X)\nZ = s.transform(X)\n{cut}") == [["StandardScaler"]]
    assert learned(f"{folds}Z = StandardScaler().fit_transform(X)\n{cut}") == [["StandardScaler"]]
    columns = folds.replace("slice(0, i)", "load(1)").replace("slice(i, 9)", "load(2)")
    assert learned(f"{columns}Z = StandardScaler().fit_transform(X)\n{cut}") == []


def test_what_is_fitted_on_a_part_or_on_other_rows_is_not() -> None:
    assert learned("s = StandardScaler().fit(old)\nZ = s.transform(X)\ntrain_test_split(Z, y)") == [[]]
    assert learned("s = StandardScaler().fit(X[X.a > 1])\nZ = s.transform(X)\ntrain_test_split(Z, y)") == [[]]
    assert learned("a, b = train_test_split(X)\na = StandardScaler().fit_transform(a)\ntrain_test_split(a)") == [
        [],
        [],
    ]


def test_a_change_after_the_split_does_not_count() -> None:
    assert learned("a, b = train_test_split(df)\ndf['x'] = StandardScaler().fit_transform(df[['x']])") == [[]]


def test_recursion_ends() -> None:
    assert learned("def f(x):\n    return f(x)\ntrain_test_split(f(X))") == [[]]
    assert parts("x = 1\nwhile x:\n    x = x + y\n    y = x\nlab.probe(x)") == set()
