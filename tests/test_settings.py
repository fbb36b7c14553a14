"""Settings: where they are found, how they merge, and that all mistakes are told at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mldebt.settings import Settings, SettingsError, find_settings, load_settings, override


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def mistakes_of(root: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(root)
    return [mistake.replace(f"{root}/", "") for mistake in caught.value.mistakes]


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path, isolated=True) == Settings()


def test_reads_pyproject_and_own_files(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.mldebt]\nselect = ["glue-code"]\nworkers = 2\n')
    assert load_settings(tmp_path).select == ("glue-code",)
    write(tmp_path / "mldebt.toml", 'profile = "audit"\n')
    assert load_settings(tmp_path) == Settings(profile="audit")
    write(tmp_path / ".mldebt.toml", 'profile = "hook"\n')
    assert load_settings(tmp_path).profile == "hook"


def test_the_nearest_file_wins_and_a_foreign_pyproject_is_skipped(tmp_path: Path) -> None:
    outer = write(tmp_path / "mldebt.toml", 'profile = "audit"\n')
    write(tmp_path / "a" / "pyproject.toml", "[tool.ruff]\nline-length = 80\n")
    (tmp_path / "a" / "b").mkdir()
    assert find_settings(tmp_path / "a" / "b") == outer


def test_extend_merges_tables_and_adds_extend_lists(tmp_path: Path) -> None:
    write(
        tmp_path / "base.toml",
        'select = ["all"]\nextend-exclude = ["old"]\ncache-dir = "c"\n[severity]\nfoo = "info"\nbar = "info"\n',
    )
    write(
        tmp_path / "sub" / "mldebt.toml",
        'extend = "../base.toml"\nextend-exclude = ["new"]\npacks = ["lint"]\n[severity]\nbar = "error"\n',
    )
    settings = load_settings(tmp_path / "sub")
    assert settings.select == ("all",)
    assert settings.extend_exclude == ("old", "new")
    assert settings.severity == {"foo": "info", "bar": "error"}
    assert settings.cache_dir == str(tmp_path / "c")
    assert settings.packs == (str(tmp_path / "sub" / "lint"),)


def test_a_circle_of_extends_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path / "mldebt.toml", 'extend = "b.toml"\n')
    write(tmp_path / "b.toml", 'extend = "mldebt.toml"\n')
    assert "is a circle" in mistakes_of(tmp_path)[0]


def test_all_mistakes_are_told_at_once_with_suggestions(tmp_path: Path) -> None:
    write(
        tmp_path / "mldebt.toml",
        """
        selct = ["a"]
        ignore = ["ok", 3]
        profile = "hok"
        workers = 0
        fail-on = 1
        [per-file-ignores]
        "*.ipynb" = "glue-code"
        [project]
        entry_points = ["train.py"]
        [[contract.dataset]]
        owner = "team"
        [[contract.flag]]
        name = "A"
        expires = "soon"
        """,
    )
    found = mistakes_of(tmp_path)
    for expected in (
        "mldebt.toml: selct: unknown key; did you mean `select`?",
        "mldebt.toml: ignore[1]: expected a string, got a whole number",
        "mldebt.toml: profile: expected one of `hook`, `ci`, `audit`, got `hok`; did you mean `hook`?",
        "mldebt.toml: workers: expected a whole number >= 1",
        "mldebt.toml: fail-on: expected one of `error`, `warning`, `info`, `never`, got `1`",
        "mldebt.toml: per-file-ignores.*.ipynb: expected a list, got a string",
        "mldebt.toml: project.entry_points: unknown key; did you mean `entry-points`?",
        "mldebt.toml: contract.dataset[0]: `path` is missing",
        "mldebt.toml: contract.flag[0].expires: expected a date, got a string",
    ):
        assert expected in found
    assert len(found) == 9


def test_pyproject_mistakes_name_the_table(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.mldebt]\nselect = 1\n")
    assert mistakes_of(tmp_path) == ["pyproject.toml: tool.mldebt.select: expected a list, got a whole number"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"select = [", "is not TOML"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"select = 1\nselect = 2", "is not TOML"),
    ],
)
def test_unreadable_files_are_mistakes(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "mldebt.toml").write_bytes(content)
    assert expected in mistakes_of(tmp_path)[0]


def test_a_missing_config_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path, config=tmp_path / "none.toml")


def test_contracts_are_read(tmp_path: Path) -> None:
    write(
        tmp_path / "mldebt.toml",
        '[[contract.dataset]]\npath = "a.csv"\nconsumers = ["t.py"]\n[[contract.flag]]\nname = "F"\n'
        "expires = 2026-12-31\n",
    )
    contract = load_settings(tmp_path).contract
    assert contract.dataset[0].consumers == ("t.py",)
    assert contract.flag[0].expires == date(2026, 12, 31)


def test_the_command_line_overrides_what_it_gives(tmp_path: Path) -> None:
    settings = Settings(select=("a",), extend_select=("b",), profile="audit")
    changed = override(settings, select=("c",), extend_select=("d",), profile=None, ignore=())
    assert (changed.select, changed.extend_select, changed.profile) == (("c",), ("b", "d"), "audit")
