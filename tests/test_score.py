"""The score: caps, weights, interest, grades; and that more debt never makes a better grade."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mldebt.calibration import GRADES, Calibration, calibrate, load_calibration, percentile
from mldebt.extract import extract
from mldebt.finding import Confidence, Finding, Severity
from mldebt.project import Project
from mldebt.score import FILE_CAP, SUBPROJECT_CAP, Score, score
from mldebt.source import Kind, Location, Role, Source, Span

CALIBRATION = Calibration("0", 1, 100, 1000, (10.0, 20.0, 40.0, 80.0))
LONG = "".join(f"x{number} = {number}\n" for number in range(400))


def project(files: dict[str, str]) -> Project:
    sources = [
        Source(path, Kind.PYTHON, Path("/nowhere") / path, data=text.encode()) for path, text in files.items()
    ]
    return Project(Path("/nowhere"), [(source, extract(source.kind, source.read())) for source in sources])


def finding(
    path: str = "a.py",
    minutes: int = 10,
    *,
    rule: str = "some-rule",
    debt: str = "glue-code",
    line: int = 1,
    severity: Severity = Severity.WARNING,
    confidence: Confidence = Confidence.HIGH,
) -> Finding:
    return Finding(rule, debt, Location(path, Span.at(line)), "found", severity, confidence, minutes)


BIG = project({"a.py": LONG, "b.py": LONG, "c.py": LONG})


def scored(*findings: Finding, **options: object) -> Score:
    return score(findings, BIG, calibration=CALIBRATION, **options)  # type: ignore[arg-type]


def test_no_findings_are_grade_a() -> None:
    result = scored()
    assert (result.grade, result.principal, result.items) == ("A", 0, ())


def test_confidence_weighs_minutes() -> None:
    sure, half, guess = (scored(finding(confidence=level)).principal for level in reversed(Confidence))
    assert (sure, half, guess) == (10, 6, 3)


def test_one_rule_cannot_cost_more_than_a_day_in_a_file() -> None:
    assert scored(*(finding(line=n, minutes=100) for n in range(9))).principal == pytest.approx(FILE_CAP)


def test_one_rule_cannot_cost_more_than_a_week_in_a_sub_project() -> None:
    many = [finding(f"f{n}.py", minutes=480) for n in range(30)]
    assert scored(*many).principal == pytest.approx(SUBPROJECT_CAP)


def test_density_is_minutes_per_thousand_lines_of_code() -> None:
    result = scored(finding(minutes=12))
    assert (result.lines, result.density) == (1200, pytest.approx(10))


def test_tests_do_not_count_as_lines() -> None:
    source = Source("tests/test_a.py", Kind.PYTHON, Path("/x"), frozenset({Role.TEST}), LONG.encode())
    own = Source("a.py", Kind.PYTHON, Path("/y"), data=b"x = 1\n")
    both = Project(Path("/nowhere"), [(item, extract(item.kind, item.read())) for item in (source, own)])
    assert score([], both, calibration=CALIBRATION).lines == 1


def test_small_projects_get_no_grade() -> None:
    small = project({"a.py": "x = 1\n"})
    result = score([finding()], small, calibration=CALIBRATION)
    assert result.grade is None
    assert result.debts[0].grade is None


def test_the_whole_is_at_most_one_step_better_than_its_worst_kind() -> None:
    """60 minutes are 50 per 1,000 lines: D as a whole; as one kind more than half of the last cut-off."""
    result = scored(finding(minutes=60))
    assert result.debts[0].grade == "E"
    assert result.grade == "D"
    spread = [finding(minutes=12, debt=f"kind-{n}", rule=f"rule-{n}") for n in range(5)]
    assert scored(*spread).grade == "D"
    assert max(debt.grade or "" for debt in scored(*spread).debts) == "B"


def test_an_error_in_code_that_serves_limits_the_grade() -> None:
    files = {"a.py": "import features\nimport flask\n", "features.py": "x = 1\n", "b.py": LONG}
    served = project(files)
    error = finding("features.py", 1, severity=Severity.ERROR)
    result = score([error], served, calibration=CALIBRATION)
    assert (result.grade, result.items[0].part) == ("C", "serving")
    assert "serves" in result.reasons[0]
    elsewhere = score([finding("b.py", 1, severity=Severity.ERROR)], served, calibration=CALIBRATION)
    assert elsewhere.grade == "A"


def test_accepted_findings_are_shown_and_do_not_count() -> None:
    result = scored(finding(), accepted=[finding(line=2), finding(line=3)])
    assert (result.principal, result.accepted, result.accepted_findings) == (10, 20, 2)


def test_interest_grows_with_churn_and_with_consumers() -> None:
    files = {"base.py": LONG, "user.py": "import base\n", "other.py": "import user\n"}
    linked = project(files)

    def interest(path: str, **commits: int) -> float:
        counts = {f"{name}.py": count for name, count in commits.items()} or None
        return score([finding(path)], linked, commits=counts, calibration=CALIBRATION).interest

    assert interest("base.py") > interest("user.py") > interest("other.py")
    assert interest("other.py", other=8, base=2, user=2) == pytest.approx(4 * interest("other.py"))
    assert interest("other.py", base=2) == pytest.approx(interest("other.py") / 4)


def test_the_shortest_payback_comes_first() -> None:
    items = scored(
        finding("a.py", 10, severity=Severity.INFO),
        finding("b.py", 500, severity=Severity.ERROR),
        finding("c.py", 5, confidence=Confidence.LOW),
    ).items
    assert [item.path for item in items] == ["b.py", "c.py", "a.py"]


FINDINGS = st.builds(
    finding,
    path=st.sampled_from([*(f"{letter}.py" for letter in "abcdefgh"), "conf.yaml"]),
    minutes=st.integers(0, 900),
    rule=st.just("one"),
    debt=st.just("glue-code"),
    line=st.integers(1, 400),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
).flatmap(
    lambda found: st.sampled_from(
        [found, *(msgspec.structs.replace(found, rule=rule, debt="correctness") for rule in ("two", "three"))]
    )
)
"""Findings of three rules; each rule has its kind of debt."""


HISTORIES = st.none() | st.dictionaries(st.sampled_from(["a.py", "b.py", "x.py"]), st.integers(0, 50))


@given(st.lists(FINDINGS, max_size=40), FINDINGS, HISTORIES, st.sampled_from([CALIBRATION, load_calibration()]))
def test_one_more_finding_never_improves_a_grade(
    findings: list[Finding], more: Finding, commits: dict[str, int] | None, calibration: Calibration
) -> None:
    """Neither that of the whole nor that of any kind; and no kind's principal becomes less."""
    before, after = (
        score(found, BIG, commits=commits, calibration=calibration) for found in (findings, [*findings, more])
    )
    kinds = {debt.debt: debt for debt in after.debts}
    for debt in before.debts:
        assert (kinds[debt.debt].grade or "") >= (debt.grade or "")
        assert kinds[debt.debt].principal >= debt.principal - 1e-6
    assert before.grade is not None
    assert after.grade is not None
    assert GRADES.index(after.grade) >= GRADES.index(before.grade)
    assert after.principal >= before.principal - 1e-6


@given(st.lists(FINDINGS, max_size=8), st.lists(FINDINGS, max_size=8))
def test_accepting_findings_is_no_worse_than_not_having_them(
    kept: list[Finding], accepted: list[Finding]
) -> None:
    """What is accepted neither counts nor helps."""
    result = scored(*kept, accepted=accepted)
    assert (result.grade, result.principal) == (scored(*kept).grade, scored(*kept).principal)
    assert result.accepted_findings == len(accepted)


@given(st.lists(FINDINGS, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_findings_does_not_matter(findings: list[Finding], random: object) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = scored(*findings), scored(*shuffled)
    assert one.grade == other.grade
    assert one.principal == pytest.approx(other.principal)
    assert [(i.rule, i.path) for i in one.items] == [(i.rule, i.path) for i in other.items]


def test_cut_offs_are_percentiles_of_many_projects() -> None:
    made = calibrate([(float(n), 1000) for n in range(101)], version="1", rules=3)
    assert made.cut_offs == (20.0, 50.0, 80.0, 95.0)
    assert made.deciles[0] == 0
    assert made.lines == 101_000


def test_few_projects_are_no_calibration() -> None:
    with pytest.raises(ValueError, match="at least 20"):
        calibrate([(1.0, 10)] * 19, version="1", rules=3)


def test_percentiles_lie_between_neighbours() -> None:
    assert percentile([0.0, 10.0], 0.5) == 5.0


def test_the_stored_calibration_can_be_used() -> None:
    stored = load_calibration()
    assert list(stored.cut_offs) == sorted(stored.cut_offs)
    assert [stored.grade(density) for density in (0, stored.cut_offs[0] + 0.1, 1e9)] == ["A", "B", "E"]
