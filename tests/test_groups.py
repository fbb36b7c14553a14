"""Disjoint sets, and the two questions about directories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mldebt.project.groups import Groups, connected
from mldebt.values import are_nested, lies_in

pairs = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20)


@given(pairs)
def test_each_set_is_led_by_its_smallest_member(joined: list[tuple[int, int]]) -> None:
    groups = Groups[int]()
    sets = [{member} for member in range(13)]
    for one, other in joined:
        groups.join(one, other)
        both = next(s for s in sets if one in s) | next(s for s in sets if other in s)
        sets = [s for s in sets if not s & both] + [both]
    assert groups.of(range(13)) == {min(s): sorted(s) for s in sets}


@given(pairs)
def test_links_stay_together_and_in_order(links: list[tuple[int, int]]) -> None:
    named = [(str(one), str(other)) for one, other in links]
    groups = connected(named, lambda link: link)
    assert sorted(link for group in groups for link in group) == sorted(named)
    ends = [{end for link in group for end in link} for group in groups]
    assert not any(one & other for i, one in enumerate(ends) for other in ends[:i])


@pytest.mark.parametrize(("path", "directory"), [("src/a.py", "src"), ("src", "src"), ("src/a.py", "")])
def test_a_directory_holds_itself_and_what_is_below_it(path: str, directory: str) -> None:
    assert lies_in(path, directory)


@pytest.mark.parametrize(("path", "directory"), [("src2/a.py", "src"), ("src", "src/a"), ("a.py", "src")])
def test_a_directory_holds_nothing_else(path: str, directory: str) -> None:
    assert not lies_in(path, directory)


@pytest.mark.parametrize(
    ("one", "other", "nested"),
    [("a", "a/b", True), ("a/b", "a", True), ("", "a", True), ("a", "ab", False), ("a/b", "a/c", False)],
)
def test_directories_are_nested_whichever_is_named_first(one: str, other: str, nested: bool) -> None:
    assert are_nested(one, other) is nested
