import pytest

from mldebt import exclude


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("==1.2.2", "==1.5.0", True),
        ("==1.5.0", ">=2.0", True),
        (">3.5.0", "==3.5.0", True),
        ("==1.1.2", "^1.2.1", True),
        ("=1.19", "==1.22.0", True),
        ("==1.2.2", "^1.2.1", False),
        ("==0.2.9", "^0.2.3", False),
        ("==0.3.0", "^0.2.3", True),
        ("=1.3", "~=1.3.2", False),
        ("==2.1.0+cu118", "==2.1.0", False),
        ("==1.5", "==1.5.3", False),
        (">=1.0", "<0.5", False),
        ("==1.5.*", "==1.5.3", False),
        ("", "==1.0", False),
        ("==banana", "==1.0", False),
        ("*", "==1.0", False),
    ],
)
def test_only_what_a_pin_contradicts_is_excluded(a: str, b: str, expected: bool) -> None:
    assert exclude(a, b) is expected
    assert exclude(b, a) is expected
